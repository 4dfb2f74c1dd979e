namespace ManagedLog.Functions.Limits;

/// <summary>
/// Bytes that requests may hold together: those of one caller, or, as its <paramref name="whole"/>, those of all. What is taken here is taken there. Nobody waits for it: there is
/// room, or there is not.
/// </summary>
internal sealed class ByteBudget(long limit, ByteBudget? whole = null)
{
    private long _taken;

    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Of this one alone.</summary>
    public bool HasRoom(long bytes) => Taken + bytes <= limit;

    /// <summary>Whether others than one who holds <paramref name="own"/> hold all that there is, of this one alone.</summary>
    public bool IsShortBeside(long own) => Taken - own >= limit;

    /// <summary>All of it or nothing.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limit && (whole is null || whole.TryTake(bytes)))
            return true;
        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    /// <summary>As much of it as a quarter of what is left, so that no one takes all, but never less than <paramref name="least"/>, even where nothing is left.</summary>
    public int TakeUpTo(int wanted, int least)
    {
        var granted = (int)Math.Min(wanted, Math.Max(least, Left / 4));
        Take(granted);
        return granted;
    }

    /// <summary>Also beyond the limit: of what is there already.</summary>
    public void Take(long bytes)
    {
        Interlocked.Add(ref _taken, bytes);
        whole?.Take(bytes);
    }

    public void Return(long bytes) => Take(-bytes);

    private long Left => Math.Min(limit - Taken, whole?.Left ?? long.MaxValue);
}

namespace ManagedLog.Engine.Log;

/// <summary>One who waits for an offset of one partition to appear. It is told once, on whatever thread, and must not hold that up.</summary>
internal sealed class TailWaiter(long offset, Action arrived)
{
    private int _told;

    public long Offset => offset;

    public bool HasArrived => Volatile.Read(ref _told) != 0;

    public void Arrive()
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
            arrived();
    }
}

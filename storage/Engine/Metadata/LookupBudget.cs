namespace ManagedLog.Engine.Metadata;

/// <summary>
/// How many look-ups that find nothing may be made: <see cref="Burst"/> at once, and <see cref="PerSecond"/> in the long run. One that finds something gives back what it took.
/// </summary>
internal sealed class LookupBudget(TimeProvider time)
{
    public const int Burst = 100;

    public const int PerSecond = 10;

    private readonly Lock _lock = new();
    private double _left = Burst;
    private long _at = time.GetTimestamp();

    public bool TryTake()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _left = Math.Min(Burst, _left + (time.GetElapsedTime(_at, now).TotalSeconds * PerSecond));
            _at = now;
            if (_left < 1)
                return false;
            _left--;
            return true;
        }
    }

    public void GiveBack()
    {
        lock (_lock)
            _left = Math.Min(Burst, _left + 1);
    }
}

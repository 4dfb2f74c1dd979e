namespace ManagedLog.Functions.Limits;

/// <summary>
/// A token bucket, told from its other side: the level is what was taken and has not drained yet. It drains at the rate, and a second's worth of it fits, but at least one. Pure
/// but for its own level; the rate may change from one call to the next.
/// </summary>
internal struct RateMeter
{
    private double _level;
    private TimeSpan _at;

    /// <summary>Whether something may be taken now. What is taken is said afterwards, and may be more than fits: then nothing more is, until that has drained.</summary>
    public bool HasRoom(double rate, TimeSpan now)
    {
        if (rate <= 0)
            return true;
        Drain(rate, now);
        return _level <= Math.Max(rate, 1) - 1;
    }

    public void Take(double amount, double rate, TimeSpan now)
    {
        if (rate <= 0)
            return;
        Drain(rate, now);
        _level += amount;
    }

    /// <summary>How long until there is room again, if nothing is taken.</summary>
    public TimeSpan UntilRoom(double rate, TimeSpan now)
    {
        if (HasRoom(rate, now))
            return TimeSpan.Zero;
        var seconds = (_level - (Math.Max(rate, 1) - 1)) / rate;
        return TimeSpan.FromSeconds(Math.Min(seconds, MostSeconds));
    }

    /// <summary>Nobody is told to come again later than that.</summary>
    private const double MostSeconds = 3_600;

    private void Drain(double rate, TimeSpan now)
    {
        // Two requests may come with times out of order.
        if (now <= _at)
            return;
        _level = Math.Max(0, _level - (rate * (now - _at).TotalSeconds));
        _at = now;
    }
}

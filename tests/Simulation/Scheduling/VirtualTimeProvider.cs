namespace ManagedLog.Simulation.Scheduling;

/// <summary>
/// The clock of one simulated process: all clocks of a loop run at the same pace, but what they show as the time of day can be off by <see cref="Skew"/>,
/// which may jump at any moment. Timestamps and timers are monotonic and never skewed, as on a real machine.
/// </summary>
internal sealed class VirtualTimeProvider(SimulationScheduler owner) : TimeProvider
{
    /// <summary>When every run begins.</summary>
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public TimeSpan Skew { get; set; }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start + TimeSpan.FromTicks(owner.Loop.Elapsed) + Skew;

    public override long GetTimestamp() => owner.Loop.Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(owner, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}

using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// The times of a run. Everybody is busy at first; in some runs a lull of hours follows, in which next to nothing is written, processes sleep and what time makes
/// due is done, and then everybody is busy again. Whoever polls goes slowly in the lull, so that hours cost no more than minutes.
/// </summary>
internal sealed class Calendar(World world)
{
    private const int PollsOfALull = 8;
    private const int TicksOfALull = 12;

    /// <summary>The lull begins when all writers are halfway, or when those who are not have kept the others waiting for so long.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan ShortestTick = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(45);

    private readonly TaskCompletionSource _begun = new();
    private readonly TaskCompletionSource _over = new();
    private int _awaited;

    public bool IsQuiet { get; private set; }

    /// <summary>Completes when the lull has begun; in a run without one never.</summary>
    public Task Begun => _begun.Task;

    /// <summary>Completes when the lull is over, or when the last fault has been.</summary>
    public Task Over => Task.WhenAny(_over.Task, world.Healed);

    private TimeSpan Lull => world.Scenario.Lull;

    /// <summary>From the beginning to the end of the lull.</summary>
    public async Task RunAsync(int writers)
    {
        _awaited = writers;
        if (Lull == TimeSpan.Zero)
            return;
        await Task.WhenAny(_begun.Task, world.DelayAsync(LongestWait));
        _begun.TrySetResult();
        IsQuiet = true;
        world.Trace.Add("calendar", $"a lull of {Lull} begins");
        await Task.WhenAny(world.DelayAsync(Lull), world.Healed);
        IsQuiet = false;
        world.Trace.Add("calendar", "the lull is over");
        _over.TrySetResult();
    }

    /// <summary>A writer is halfway: it goes on after the lull.</summary>
    public async Task RestAsync()
    {
        if (Lull == TimeSpan.Zero)
            return;
        if (--_awaited == 0)
            _begun.TrySetResult();
        await Over;
    }

    /// <summary>A pause between two looks at something: in the lull a long one, which its end cuts short.</summary>
    public Task PauseAsync(TimeSpan busy) => IsQuiet ? Task.WhenAny(world.DelayAsync(Lull / PollsOfALull), Over) : world.DelayAsync(busy);

    /// <summary>Until the next tick of one instance's housekeeping. Timers are late, and in the lull hours may pass without one.</summary>
    public TimeSpan NextTick(SeededRandom random) => IsQuiet
        ? random.Between(Lull / TicksOfALull / 4, Lull / TicksOfALull * 2)
        : random.LogBetween(ShortestTick, LongestTick);

    /// <summary>No timer begins another tick, so that what is compared does not change meanwhile.</summary>
    public bool IsHeld { get; set; }
}

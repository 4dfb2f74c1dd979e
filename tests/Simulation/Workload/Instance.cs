using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>One of the instances of the service: whenever its process dies, another is started after a while.</summary>
internal sealed class Instance(World world, int number, SeededRandom random)
{
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestAbsence = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestAbsence = TimeSpan.FromSeconds(20);

    private readonly List<Incarnation> _incarnations = [];
    private Incarnation? _started;
    private TimeSpan _skew = random.Between(-MostSkew, MostSkew);

    public string Name { get; } = $"i{number}";

    public int Number => number;

    /// <summary>The process that takes requests; null while there is none.</summary>
    public Incarnation? Up => _started is { Ended.IsCompleted: false, IsAsleep: false } ? _started : null;

    public int Starts => _incarnations.Count;

    public long Ticks => _incarnations.Sum(i => i.Ticks);

    public long PartitionsForgotten => _incarnations.Sum(i => i.PartitionsForgotten);

    public long Calls => _incarnations.Sum(i => i.Calls);

    /// <summary>Until the run is over.</summary>
    public async Task SuperviseAsync()
    {
        while (!world.IsOver)
        {
            var incarnation = new Incarnation(world, number, $"{Name}.{_incarnations.Count}", random.Fork(), _skew);
            _incarnations.Add(incarnation);
            if (await incarnation.StartAsync())
            {
                _started = incarnation;
                _ = incarnation.HousekeepAsync();
                await incarnation.Ended;
            }

            incarnation.Kill();
            await Task.WhenAny(world.DelayAsync(random.LogBetween(ShortestAbsence, LongestAbsence)), world.Healed);
            await world.DelayAsync(ShortestAbsence);
        }
    }

    public void JumpClock()
    {
        _skew = random.Between(-MostSkew, MostSkew);
        world.Trace.Add(Name, $"clock is off by {_skew}");
        if (Up is not null)
            Up.Clock.Skew = _skew;
    }

    public Task LandedAsync() => Task.WhenAll(_incarnations.Select(i => i.LandedAsync()));
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Judging;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>What all actors of one run share.</summary>
internal sealed class World
{
    private const int MostViolations = 20;

    /// <summary>How long an instance may take to stop in good order: it may wait for calls that time out.</summary>
    public static readonly TimeSpan StopBound = TimeSpan.FromMinutes(2);

    private readonly TaskCompletionSource _healed = new();
    private readonly List<Violation> _violations = [];
    private readonly HashSet<TopicId> _doomed = [];

    public World(SimulationLoop loop, ulong seed, Breakage breakage, bool keepTrace)
    {
        Loop = loop;
        Breakage = breakage;
        Random = new SeededRandom(seed);
        Scenario = Scenario.Draw(Random);
        Trace = new Trace(loop, keepTrace);
        Trace.Add("scenario", Scenario.ToString());
        Weather = new Weather(Random.Fork(), Scenario.Climate);
        Effects = new StorageEffects(new InMemoryBackend(loop.Time, Scenario.Storage), Trace, Scenario.Storage.MaxBlocks);
        Storage = breakage.IgnoresPositions ? new PositionBlindBackend(Effects) : Effects;
        Images = new LogImageReader(Effects, Effects.IsFull);
        DeathAtCall = Scenario.DeathAtCall;
        Instances = [.. Enumerable.Range(0, Scenario.Instances).Select(number => new Instance(this, number, Random.Fork()))];
    }

    public SimulationLoop Loop { get; }

    public Breakage Breakage { get; }

    public SeededRandom Random { get; }

    public Scenario Scenario { get; }

    public Trace Trace { get; }

    public Weather Weather { get; }

    /// <summary>The storage itself: what instances reach through their networks.</summary>
    public IStorageBackend Storage { get; }

    public StorageEffects Effects { get; }

    public LogImageReader Images { get; }

    public History History { get; } = new();

    public IReadOnlyList<Instance> Instances { get; }

    public IReadOnlyList<Violation> Violations => _violations;

    public double DeathAtCall { get; private set; }

    /// <summary>Completes when the last fault has been.</summary>
    public Task Healed => _healed.Task;

    public bool IsOver { get; set; }

    /// <summary>Virtual ticks.</summary>
    public long Now => Loop.Elapsed;

    public Task DelayAsync(TimeSpan delay) => Task.Delay(delay, Loop.Time);

    /// <summary>Somebody has begun to delete this topic: it may be gone at any moment from now on.</summary>
    public void Doom(Topic topic) => _doomed.Add(topic.Id);

    public bool IsDoomed(Topic topic) => _doomed.Contains(topic.Id);

    public void Heal()
    {
        Trace.Add("world", "heals");
        Weather.Clear();
        DeathAtCall = 0;
        _healed.TrySetResult();
    }

    public void Report(string invariant, string finding) => Report(new Violation(invariant, finding));

    public void Report(Violation violation)
    {
        Trace.Add("VIOLATION", violation.ToString());
        if (_violations.Count < MostViolations)
            _violations.Add(violation);
    }

    /// <summary>Any instance that takes requests, waiting for one if need be.</summary>
    public async Task<Incarnation> AnyInstanceAsync(SeededRandom random)
    {
        while (true)
        {
            var up = Instances.Where(i => i.Up is not null).Select(i => i.Up!).ToList();
            if (up.Count > 0)
                return random.Pick(up);
            await DelayAsync(TimeSpan.FromMilliseconds(50));
        }
    }
}

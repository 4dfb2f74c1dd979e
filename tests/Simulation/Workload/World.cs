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
    private const int MostOfOneInvariant = 5;

    /// <summary>How long an instance may take to stop in good order: it may wait for calls that time out.</summary>
    public static readonly TimeSpan StopBound = TimeSpan.FromMinutes(2);

    private readonly TaskCompletionSource _healed = new();
    private readonly List<Violation> _violations = [];
    private readonly Dictionary<TopicId, string> _names = [];
    private readonly Dictionary<TopicPartition, LogImage> _buried = [];

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

    public IReadOnlyDictionary<TopicPartition, LogImage> Buried => _buried;

    public IReadOnlyList<Violation> Violations => _violations;

    public double DeathAtCall { get; private set; }

    /// <summary>Completes when the last fault has been.</summary>
    public Task Healed => _healed.Task;

    public bool IsOver { get; set; }

    /// <summary>Virtual ticks.</summary>
    public long Now => Loop.Elapsed;

    public Task DelayAsync(TimeSpan delay) => Task.Delay(delay, Loop.Time);

    /// <summary>It may be deleted, and created again, at any moment.</summary>
    public bool IsRecreated(string topic) => Scenario.Topics.First(t => t.Name == topic).IsRecreated;

    public void Know(Topic topic) => _names.TryAdd(topic.Id, topic.Name);

    /// <summary>
    /// All partitions that ever stood for this log. An incarnation of which no client heard is one of the topic that is created again and again.
    /// </summary>
    public IReadOnlyList<TopicPartition> IncarnationsOf(LogKey log) =>
        [.. PartitionsOf(log.Topic).Where(p => p.Partition == log.Partition)];

    public IReadOnlyList<TopicPartition> PartitionsOf(string topic) =>
        [.. Effects.Partitions.Where(p => _names.TryGetValue(p.Topic, out var name) ? name == topic : IsRecreated(topic))];

    /// <summary>The deletion of this partition was answered when it looked like this.</summary>
    public void Bury(LogImage image) => _buried.TryAdd(image.Partition, image);

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
        if (_violations.Count(v => v.Invariant == violation.Invariant) < MostOfOneInvariant)
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

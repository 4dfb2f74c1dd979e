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

    private static readonly TimeSpan ShortestIdleTime = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestIdleTime = TimeSpan.FromMinutes(1);

    private readonly TaskCompletionSource _healed = new();
    private readonly List<Violation> _violations = [];
    private readonly Dictionary<TopicId, string> _names = [];
    private readonly Dictionary<TopicPartition, LogImage> _buried = [];
    private readonly Dictionary<TopicPartition, HashSet<long>> _askedToDelete = [];

    public World(SimulationLoop loop, ulong seed, Breakage breakage, bool keepTrace)
    {
        Loop = loop;
        Breakage = breakage;
        Random = new SeededRandom(seed);
        Scenario = Scenario.Draw(Random);
        // Apart from all other draws, and in every sixth run: what the seeds that are kept do stays as it is.
        Scenario.Engine.PartitionIdleTimeout = seed % 6 == 0 ? new SeededRandom(seed).LogBetween(ShortestIdleTime, LongestIdleTime) : TimeSpan.Zero;
        Trace = new Trace(loop, keepTrace);
        Trace.Add("scenario", Scenario.ToString());
        Weather = new Weather(Random.Fork(), Scenario.Climate);
        Effects = new StorageEffects(new InMemoryBackend(loop.Time, Scenario.Storage), Trace, Scenario.Storage.MaxBlocks);
        Chronicle = new Chronicle(this);
        Effects.Changed = async partition => await Chronicle.LookAsync(partition);
        Effects.Deleting = Chronicle.BeforeDeletionAsync;
        Calendar = new Calendar(this);
        DeathAtCall = Scenario.DeathAtCall;
        SleepsLeft = Scenario.Sleeps;
        Storage = breakage.Account(Effects, this);
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

    public Chronicle Chronicle { get; }

    public Calendar Calendar { get; }

    public History History { get; } = new();

    public IReadOnlyList<Instance> Instances { get; }

    public IReadOnlyDictionary<TopicPartition, LogImage> Buried => _buried;

    public IReadOnlyList<Violation> Violations => _violations;

    public double DeathAtCall { get; private set; }

    /// <summary>How many processes are still to fall asleep before a call that names what they have made (R16).</summary>
    public int SleepsLeft { get; private set; }

    /// <summary>Completes when the last fault has been.</summary>
    public Task Healed => _healed.Task;

    public bool IsOver { get; set; }

    public long TimeLookups { get; set; }

    /// <summary>Virtual ticks.</summary>
    public long Now => Loop.Elapsed;

    public Task DelayAsync(TimeSpan delay) => Task.Delay(delay, Loop.Time);

    /// <summary>It may be deleted, and created again, at any moment.</summary>
    public bool IsRecreated(string topic) => Scenario.Topics.First(t => t.Name == topic).IsRecreated;

    public bool IsCompacted(string topic) => Scenario.Topics.First(t => t.Name == topic).IsCompacted;

    public bool IsCompacted(TopicPartition partition) => _names.TryGetValue(partition.Topic, out var name) && IsCompacted(name);

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

    /// <summary>A client asks to delete all before an offset; −1: all that stands. From then on the log start may be there.</summary>
    public void AskedToDelete(TopicPartition partition, long before)
    {
        if (!_askedToDelete.TryGetValue(partition, out var asked))
            _askedToDelete.Add(partition, asked = []);
        asked.Add(before);
    }

    /// <summary>How far its log start may be advanced now.</summary>
    public LogStartRights RightsOver(TopicPartition partition)
    {
        var asked = _askedToDelete.GetValueOrDefault(partition) ?? [];
        var plan = Scenario.Topics.FirstOrDefault(t => _names.TryGetValue(partition.Topic, out var name) ? name == t.Name : t.IsRecreated);
        return new LogStartRights(asked, asked.Contains(-1), plan?.RetentionMs, plan?.RetentionBytes, Loop.Time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Whether a process falls asleep now; it does not do so too often.</summary>
    public bool MaySleep(SeededRandom random)
    {
        if (SleepsLeft == 0 || !random.Chance(0.3))
            return false;
        SleepsLeft--;
        return true;
    }

    public void Heal()
    {
        Trace.Add("world", "heals");
        Weather.Clear();
        DeathAtCall = 0;
        SleepsLeft = 0;
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

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Judging;
using ManagedLog.Simulation.Scheduling;
using ManagedLog.Simulation.Workload;

namespace ManagedLog.Simulation.Groups;

/// <summary>What all actors of one run of groups share.</summary>
internal sealed class GroupWorld
{
    private const int MostOfOneInvariant = 5;

    private readonly TaskCompletionSource _healed = new();
    private readonly List<Violation> _violations = [];
    private TopicId? _lasting;

    public GroupWorld(SimulationLoop loop, ulong seed, GroupBreakage breakage, bool keepTrace)
    {
        Loop = loop;
        Breakage = breakage;
        Random = new SeededRandom(seed);
        Scenario = GroupScenario.Draw(Random);
        Trace = new Trace(loop, keepTrace);
        Trace.Add("scenario", Scenario.ToString());
        Weather = new Weather(Random.Fork(), Scenario.Climate);
        DeathAtCall = Scenario.DeathAtCall;
        Effects = new StorageEffects(new InMemoryBackend(loop.Time, Scenario.Storage), Trace, int.MaxValue);
        Chronicle = new GroupChronicle(Effects, this);
        Instances = [.. Enumerable.Range(0, GroupScenario.Instances).Select(number => new GroupInstance(this, number, Random.Fork()))];
    }

    /// <summary>That whose members come and go.</summary>
    public static GroupId Group { get; } = Id("g");

    /// <summary>That which has none: its clients assign partitions to themselves.</summary>
    public static GroupId SimpleGroup { get; } = Id("simple");

    public SimulationLoop Loop { get; }

    public GroupBreakage Breakage { get; }

    public SeededRandom Random { get; }

    public GroupScenario Scenario { get; }

    public Trace Trace { get; }

    public Weather Weather { get; }

    /// <summary>What blobs hold, at the moments when calls take effect.</summary>
    public StorageEffects Effects { get; }

    /// <summary>The storage itself, with what groups' rows went through.</summary>
    public GroupChronicle Chronicle { get; }

    public IReadOnlyList<GroupInstance> Instances { get; }

    public IReadOnlyList<Violation> Violations => _violations;

    public double DeathAtCall { get; private set; }

    public GroupTally Tally { get; } = new();

    /// <summary>Up to which offset each partition was acknowledged to have records.</summary>
    public Dictionary<TopicPartition, long> Acknowledged { get; } = [];

    /// <summary>When the deletion of a topic was answered, by its id.</summary>
    public Dictionary<TopicId, long> DeletedAt { get; } = [];

    /// <summary>Commits that were refused, whole or for one partition.</summary>
    public List<(CommitTag Tag, TopicPartition Partition)> Refused { get; } = [];

    /// <summary>What members said that they have done with. Nobody else may take from them what is theirs.</summary>
    public HashSet<(string Member, long Epoch, TopicPartition Partition)> GivenUp { get; } = [];

    /// <summary>Which process was given a member's epoch.</summary>
    public Dictionary<(string Member, long Epoch), int> Joined { get; } = [];

    public List<CommitTag> RefusedSimple { get; } = [];

    public bool IsHealed => _healed.Task.IsCompleted;

    public Task Healed => _healed.Task;

    /// <summary>Nobody calls any more but the housekeeping's timer, at its own times.</summary>
    public bool IsSettled { get; set; }

    public bool IsOver { get; set; }

    public long Now => Loop.Elapsed;

    public void Know(string name, TopicId id)
    {
        if (name == GroupSurroundings.TopicName(0))
            _lasting = id;
    }

    public Task DelayAsync(TimeSpan delay) => Task.Delay(delay, Loop.Time);

    /// <summary>Nobody ever deletes this topic.</summary>
    public bool IsLasting(TopicId topic) => _lasting == topic;

    public void Heal()
    {
        Trace.Add("world", "heals");
        Weather.Clear();
        DeathAtCall = 0;
        _healed.TrySetResult();
    }

    public void Report(string invariant, string finding)
    {
        var violation = new Violation(invariant, finding);
        Trace.Add("VIOLATION", violation.ToString());
        if (_violations.Count(v => v.Invariant == invariant) < MostOfOneInvariant)
            _violations.Add(violation);
    }

    /// <summary>Any instance that takes requests, waiting for one if need be.</summary>
    public async Task<GroupProcess> AnyInstanceAsync(SeededRandom random)
    {
        while (true)
        {
            var up = Instances.Where(instance => instance.Up is not null).Select(instance => instance.Up!).ToList();
            if (up.Count > 0)
                return random.Pick(up);
            await DelayAsync(TimeSpan.FromMilliseconds(50));
        }
    }

    private static GroupId Id(string text) => GroupId.TryParse(text, out var id) ? id : throw new ArgumentException(text);
}

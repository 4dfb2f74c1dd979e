using System.Globalization;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>A topic of a run.</summary>
internal sealed record TopicPlan(string Name, int Partitions, IReadOnlyDictionary<string, string?> Configs, bool IsRecreated)
{
    private static readonly TimeSpan DefaultRetention = TimeSpan.FromDays(7);

    /// <summary>Its records have keys, and the last of each stays (I14).</summary>
    public bool IsCompacted => Policy.Contains("compact", StringComparison.Ordinal);

    public long? RetentionMs => IsRetained ? Number("retention.ms") ?? (long)DefaultRetention.TotalMilliseconds : null;

    public long? RetentionBytes => IsRetained ? Number("retention.bytes") : null;

    private bool IsRetained => Policy.Contains("delete", StringComparison.Ordinal);

    private string Policy => Configs.GetValueOrDefault("cleanup.policy") ?? "delete";

    private long? Number(string config) => Configs.TryGetValue(config, out var text) ? long.Parse(text!, CultureInfo.InvariantCulture) : null;
}

/// <summary>Everything that a seed decides before the run begins.</summary>
internal sealed record Scenario
{
    public const int Instances = 4;

    private static readonly TimeSpan ShortestLull = TimeSpan.FromMinutes(90);
    private static readonly TimeSpan LongestLull = TimeSpan.FromHours(40);

    public required Climate Climate { get; init; }

    public required IReadOnlyList<TopicPlan> Topics { get; init; }

    public required EngineOptions Engine { get; init; }

    public required InMemoryBackendOptions Storage { get; init; }

    /// <summary>Crashes, pauses, outages, clock jumps: how many, one after another.</summary>
    public required int Disturbances { get; init; }

    /// <summary>How likely a process dies at any one of its storage calls; ten times as likely at those that change the chain.</summary>
    public required double DeathAtCall { get; init; }

    public required int Producers { get; init; }

    /// <summary>Producers that number their batches and send them again until they are acknowledged (I6).</summary>
    public required int IdempotentProducers { get; init; }

    public required int SendsOfEach { get; init; }

    /// <summary>Rounds in which several instances get the same bytes at the same moment (R6).</summary>
    public required int Duels { get; init; }

    /// <summary>Records that hold copies of seal frames (R11).</summary>
    public required int Forgeries { get; init; }

    /// <summary>Segments that are sealed by somebody who never chains the next one (R2, R9).</summary>
    public required int AbandonedSeals { get; init; }

    /// <summary>Requests to delete the oldest records.</summary>
    public required int Deletions { get; init; }

    /// <summary>A pause of hours in the middle; zero: none.</summary>
    public required TimeSpan Lull { get; init; }

    /// <summary>Processes that stand still for an hour or more between making something and naming it (R16).</summary>
    public required int Sleeps { get; init; }

    /// <summary>Every instance believes that it holds the lease of the housekeeping (I25).</summary>
    public required bool LeasesLie { get; init; }

    public required int Readers { get; init; }

    public required int Recreations { get; init; }

    public required TimeSpan LongestThought { get; init; }

    public static Scenario Draw(SeededRandom random)
    {
        var maxBlocks = random.Between(8, 60);
        var lull = random.Chance(0.4) ? random.LogBetween(ShortestLull, LongestLull) : TimeSpan.Zero;
        return new Scenario
        {
            Climate = Climate.Draw(random),
            Topics = DrawTopics(random),
            Engine = new EngineOptions
            {
                AppendTimeout = TimeSpan.FromSeconds(random.Pick([5, 30, 30])),
                ReadCacheBytes = random.Pick([16, 64, 256]) * 1024,
                MaxQueuedBytes = random.Pick([8, 1024]) * 1024,
                MaxBlockBytes = random.Pick([2, 8, 1024]) * 1024,

                // Half of the runs plan their rolls too late for what a blob takes, so that the limit itself ends segments (R12).
                MaxSegmentBlocks = random.Chance(0.5) ? random.Between(3, maxBlocks - 2) : 45_000,
                CheckpointBlocks = random.Pick([2, 5, 500]),
                CompactionMapBytes = random.Pick([96, 200, 1_000_000]),
                MaxTailInterval = TimeSpan.FromMilliseconds(random.Pick([100, 1000])),
            },
            Storage = new InMemoryBackendOptions { MaxBlocks = maxBlocks, MaxRowsPerPage = random.Pick([1, 3, 1000]) },
            Disturbances = random.Pick([0, 3, 6, 10]),
            DeathAtCall = random.Pick([0, 0.0005, 0.002, 0.005]),
            Producers = random.Between(2, 6),
            IdempotentProducers = random.Between(0, 2),
            SendsOfEach = random.Between(8, 30),
            Duels = random.Between(0, 8),
            Forgeries = random.Between(0, 6),
            AbandonedSeals = random.Between(0, 4),
            Deletions = random.Chance(0.4) ? random.Between(1, 4) : 0,
            Lull = lull,
            Sleeps = lull > TimeSpan.Zero ? random.Between(0, 2) : 0,
            LeasesLie = random.Chance(0.5),
            Readers = random.Between(1, 4),
            Recreations = random.Between(1, 3),
            LongestThought = random.LogBetween(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(2)),
        };
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Topics.Sum(t => t.Partitions)} partitions of {Topics.Count} topics, {Climate}, {Disturbances} disturbances, death {DeathAtCall}, "
        + $"{Producers}+{IdempotentProducers}×{SendsOfEach} sends, {Duels} duels, {Forgeries} forgeries, {AbandonedSeals} abandoned seals, "
        + $"{Deletions} deletions, a lull of {Lull} with {Sleeps} sleepers, leases {(LeasesLie ? "lie" : "hold")}, {Readers} readers, blob limit {Storage.MaxBlocks}, planned {Engine.MaxSegmentBlocks}");

    private static List<TopicPlan> DrawTopics(SeededRandom random)
    {
        var topics = new List<TopicPlan> { new("orders", random.Between(1, 2), Configs(random, ("segment.bytes", "16384"), BySize(random)), false) };
        if (random.Chance(0.4))
            topics.Add(new("aged", 1, Configs(random, ("segment.ms", random.Pick(["1", "300", "2000"])), ByAge(random)), false));
        if (random.Chance(0.4))
            topics.Add(new("stamped", 1, Configs(random, ("message.timestamp.type", "LogAppendTime"), ByAge(random)), false));
        if (random.Chance(0.4))
            topics.Add(new("recreated", random.Between(1, 2), Configs(random, ByAge(random)), true));
        if (random.Chance(0.5))
            topics.Add(new("table", 1, Configs(random, Compacted(random)), false));
        return topics;
    }

    /// <summary>With segments of a few batches, so that there is always something to compact, and retention beside it or not.</summary>
    private static (string Name, string Value)?[] Compacted(SeededRandom random) =>
    [
        ("cleanup.policy", random.Pick(["compact", "compact", "compact,delete"])),
        ("segment.bytes", "16384"),
        ("segment.ms", random.Pick(["300", "2000", "60000"])),
        ("min.cleanable.dirty.ratio", random.Pick(["0", "0", "0.5"])),
        ("delete.retention.ms", random.Pick(["0", "5000", "3600000"])),
        random.Chance(0.2) ? ("min.compaction.lag.ms", "5000") : null,
        BySize(random),
    ];

    private static (string Name, string Value)? BySize(SeededRandom random) =>
        random.Chance(0.3) ? ("retention.bytes", random.Pick(["0", "20000", "60000"])) : null;

    private static (string Name, string Value)? ByAge(SeededRandom random) =>
        random.Chance(0.5) ? ("retention.ms", random.Pick(["0", "5000", "30000", "600000", "7200000"])) : null;

    private static Dictionary<string, string?> Configs(SeededRandom random, params (string Name, string Value)?[] settings)
    {
        var configs = new Dictionary<string, string?> { ["linger.ms"] = random.Pick(["0", "5", "40"]) };
        foreach (var setting in settings)
        {
            if (setting is var (name, value))
                configs[name] = value;
        }

        return configs;
    }
}

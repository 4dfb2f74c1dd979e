using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine;

/// <summary>Settings of one instance. Times that a topic can set itself are in its configuration.</summary>
public sealed class EngineOptions
{
    /// <summary>
    /// After so long without a request an instance lets go of what it knows of a partition, unless somebody waits at its end or an append is under way. The next request opens
    /// it again, by a few operations. Zero: never.
    /// </summary>
    public TimeSpan PartitionIdleTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an append may take, its settling by reading included, before its outcome is reported as unknown.</summary>
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a topic's description may be served from memory. Absence is never remembered.</summary>
    public TimeSpan MetadataMaxAge { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How old an appender's view of the head may be while it appends.</summary>
    public TimeSpan HeadMaxAge { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Memory for ranges of segments, all partitions together, in bytes.</summary>
    public long ReadCacheBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>How much may wait for one partition's appender, in bytes; what comes beyond is refused with THROTTLING_QUOTA_EXCEEDED.</summary>
    public long MaxQueuedBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Largest block of one group commit, in bytes. One request that is larger goes alone.</summary>
    public int MaxBlockBytes { get; set; } = 1024 * 1024;

    /// <summary>Blocks of one segment by our own count before it is rolled; the service's limit is 50,000.</summary>
    public int MaxSegmentBlocks { get; set; } = 45_000;

    /// <summary>A checkpoint is written after this many blocks of this instance in one segment since the last one: a tail of small blocks is slow to read.</summary>
    public int CheckpointBlocks { get; set; } = 500;

    /// <summary>A checkpoint is written after this many bytes in one segment since the last one.</summary>
    public long CheckpointBytes { get; set; } = 32L * 1024 * 1024;

    /// <summary>How long after its last batch a producer's sequence is still known, in log time (the timestamps of what is appended).</summary>
    public TimeSpan ProducerIdExpiration { get; set; } = TimeSpan.FromDays(2);

    /// <summary>The longest wait of a fetch.</summary>
    public TimeSpan MaxFetchWait { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a helper waits before it finishes a roll that another began.</summary>
    public TimeSpan HelpAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>From one look at the tail to the next while somebody waits there: right after something came.</summary>
    public TimeSpan MinTailInterval { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The same where records keep coming several times a second. Where they come more seldom, a sixteenth of the time between two of them.</summary>
    public TimeSpan SteadyTailInterval { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>The same where it stays quiet.</summary>
    public TimeSpan MaxTailInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>After this time a tick of the housekeeping begins with no other partition; what is left is for the next tick.</summary>
    public TimeSpan HousekeepingTickLimit { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>
    /// Memory for the keys of a partition while it is compacted, in bytes: 24 for each, of which three quarters are used; an instance compacts one partition at a time. A
    /// partition with more new keys than fit takes several rounds.
    /// </summary>
    public long CompactionMapBytes { get; set; } = 32L * 1024 * 1024;

    /// <summary>Partitions that one tick of the housekeeping takes at most.</summary>
    public int HousekeepingBatch { get; set; } = 200;

    /// <summary>For how long an instance is elected to do the housekeeping, from each of its ticks on; 15 to 60 s, which is what storage's leases allow.</summary>
    public TimeSpan HousekeepingLease { get; set; } = StorageLimits.MaxLease;

    /// <summary>
    /// Announced work is looked at only when it was announced this long ago, by the service's clock: before that, the change that it announces may not have
    /// happened yet. One that comes later still is found at the partition's next look, so this is about promptness and not about safety.
    /// </summary>
    public TimeSpan HousekeepingDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often, at most, an instance writes down what it has done to which topic (<c>__metrics</c>), and only if it has done anything. Zero: never, and there is no
    /// history of rates.
    /// </summary>
    public TimeSpan HistoryInterval { get; set; }

    /// <summary>How long the history of rates is kept. Counts when <c>__metrics</c> is made; later it is that topic's <c>retention.ms</c>.</summary>
    public TimeSpan HistoryRetention { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How long the audit is kept. Counts when <c>__audit</c> is made; later it is that topic's <c>retention.ms</c>.</summary>
    public TimeSpan AuditRetention { get; set; } = TimeSpan.FromDays(365);

    /// <summary>
    /// How old the list of topics may be by which an instance notices, while members of groups call it, that topics appeared, grew or went. One read for all groups of the instance, and
    /// none while no member calls; what the instance changed itself it knows at once.
    /// </summary>
    public TimeSpan GroupTopicsMaxAge { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long what a group has committed is kept when it has no members: since the last one went, or since it was committed if that was later.</summary>
    public TimeSpan OffsetsRetention { get; set; } = TimeSpan.FromDays(7);
}

using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Insight;

/// <summary>A partition that this instance has stopped.</summary>
/// <param name="Topic">Null: no topic that can be found has this id.</param>
public sealed record StoppedPartition(TopicPartition Partition, string? Topic, string Reason);

/// <summary>Whether storage answers.</summary>
/// <param name="Detail">What it said if it did not.</param>
public sealed record StorageReach(bool IsReachable, TimeSpan Elapsed, string? Detail);

/// <summary>One tick of the housekeeping.</summary>
/// <param name="At">Ms since 1970, by the instance's clock.</param>
public sealed record HousekeepingTick(Guid Instance, long At, bool IsElected, string Summary);

/// <summary>The last trace that whoever does the housekeeping has left: when it was first elected, and when it last did something.</summary>
public sealed record HousekeepingTrace(string Instance, long ElectedAt, long At, string Summary);

/// <summary>Work that time has made due and that is not done.</summary>
/// <param name="Partitions">At most <see cref="MaxPartitions"/>.</param>
/// <param name="OldestDueAt">Since when the oldest of it has been due, ms since 1970; null: there is none, or it was due at once.</param>
public sealed record DueBacklog(int Partitions, bool IsMore, long? OldestDueAt)
{
    public const int MaxPartitions = 1_000;
}

/// <summary>When blobs that nothing names were last looked for, of the partitions that this instance has open.</summary>
/// <param name="Never">Partitions where they never were: those are younger than a day or two.</param>
/// <param name="OldestAt">The longest ago, ms since 1970; null: nowhere.</param>
public sealed record OrphanSweeps(int Partitions, int Never, long? OldestAt);

/// <summary>How one instance sees the cluster.</summary>
public sealed record ClusterHealth(
    Guid Instance,
    StorageReach Storage,
    IReadOnlyList<StoppedPartition> Stopped,
    HousekeepingTick? LastTick,
    HousekeepingTrace? Housekeeping,
    DueBacklog? Backlog,
    OrphanSweeps Sweeps)
{
    /// <summary>Nothing needs anybody's attention.</summary>
    public bool IsHealthy => Storage.IsReachable && Stopped.Count == 0;
}

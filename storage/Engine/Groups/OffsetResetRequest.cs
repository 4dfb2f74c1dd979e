namespace ManagedLog.Engine.Groups;

/// <summary>To move what a group has committed.</summary>
public sealed record OffsetResetRequest(OffsetReset To)
{
    /// <summary>Which partitions. Null: all of those that the group has committed offsets of.</summary>
    public IReadOnlyList<PartitionName>? Partitions { get; init; }

    /// <summary>
    /// A group that has members is refused with NON_EMPTY_GROUP unless it is forced: then the members are removed first (they learn it from their next heartbeat, and may join again).
    /// </summary>
    public bool IsForced { get; init; }
}

/// <summary>A partition as clients name it. <paramref name="Partition"/> null: all of the topic.</summary>
public readonly record struct PartitionName(string Topic, int? Partition);

/// <summary>What a reset does, or would do, to one partition.</summary>
/// <param name="From">What is committed; null: nothing.</param>
/// <param name="To">What is committed afterwards.</param>
public sealed record OffsetResetLine(GroupPartition Partition, long? From, long To);

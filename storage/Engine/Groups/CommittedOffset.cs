namespace ManagedLog.Engine.Groups;

/// <summary>How far a group has read one partition.</summary>
/// <param name="Offset">The next one to be read.</param>
/// <param name="LeaderEpoch">−1: not known.</param>
/// <param name="CommittedAt">By the storage service's clock.</param>
public sealed record CommittedOffset(GroupPartition Partition, long Offset, int LeaderEpoch, string Metadata, DateTimeOffset CommittedAt);

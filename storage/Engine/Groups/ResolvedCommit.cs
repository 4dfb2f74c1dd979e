using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>A commit and the partition that it is of.</summary>
/// <param name="Fault">Why it cannot be taken, whoever commits; null: it can.</param>
internal sealed record ResolvedCommit(OffsetCommit Commit, TopicPartition Partition, Refusal? Fault);

using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>A member of a group under its epoch, and the partitions that it is to have, in the order of topics' names and of numbers.</summary>
internal sealed record GroupShare(string Member, long Epoch, IReadOnlyList<TopicPartition> Target);

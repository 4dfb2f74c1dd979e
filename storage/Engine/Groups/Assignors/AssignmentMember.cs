using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups.Assignors;

/// <summary>A member among those that partitions are shared out to.</summary>
/// <param name="Topics">Which of the topics it wants: their places in <see cref="AssignmentProblem.Topics"/>, ascending.</param>
/// <param name="Previous">What it was to have before. May hold what does not exist any more, or what it does not want any more.</param>
internal sealed record AssignmentMember(string Member, string? InstanceId, IReadOnlyList<int> Topics, IReadOnlyList<TopicPartition> Previous);

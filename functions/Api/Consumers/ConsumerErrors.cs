using ManagedLog.Engine;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>What consumer calls are refused for.</summary>
internal static class ConsumerErrors
{
    public static ApiError NotFound(string group, string instance) => new(
        404,
        40403,
        $"Consumer instance {instance} of group {group} not found: it was never created, it was deleted, or nobody called it for longer than its session.timeout.ms. Create it again.");

    public static ApiError Exists(string group, string instance) => new(409, 40902, $"Consumer instance {instance} exists already in group {group}.");

    public static ApiError IllegalState(string what) => new(409, 40903, what);

    public static ApiError NotAssigned(string topic, int partition) =>
        IllegalState($"Partition {partition} of topic {topic} is not assigned to this consumer instance now.");

    public static ApiError WrongFormat(string accepted, string format) =>
        new(406, 40601, $"The consumer instance was created with the format {format}; records cannot be given as {accepted}.");

    /// <summary>What is wrong with one partition of a commit. That the member does not own it, or is none any more, is a matter of state and nothing that is missing.</summary>
    public static ApiError For(RefusedCommit refused) => refused.Why.Code switch
    {
        ErrorCode.IllegalGeneration => NotAssigned(refused.Commit.Topic, refused.Commit.Partition),
        ErrorCode.UnknownTopicOrPartition or ErrorCode.UnknownTopicId => new(404, 40403, refused.Why.Message),
        _ => ErrorMapping.From(refused.Why),
    };

    /// <summary>Of a whole commit.</summary>
    public static ApiError ForCommit(Refusal refusal) => refusal.Code is ErrorCode.UnknownMemberId or ErrorCode.StaleMemberEpoch or ErrorCode.FencedMemberEpoch
        ? IllegalState(refusal.Message)
        : ErrorMapping.From(refusal);
}

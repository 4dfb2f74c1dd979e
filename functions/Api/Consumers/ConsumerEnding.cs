using ManagedLog.Engine;
using ManagedLog.Engine.Consumers;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>How a consumer instance leaves: its group, and then altogether.</summary>
internal sealed class ConsumerEnding(LogEngine engine, ConsumerCommits commits)
{
    /// <summary>
    /// Null, or why it could not be ended; then it is still there, and to be ended again. What a client was given and has not come back for is committed only where it says itself
    /// that it ends: one that only expired may never have worked on it.
    /// </summary>
    public async ValueTask<ApiError?> EndAsync(StoredConsumer stored, bool isExpired, CancellationToken cancellationToken)
    {
        if (!isExpired && stored.Instance.Settings.AutoCommit)
            await commits.CommitPositionsAsync(stored.Instance, cancellationToken);
        if (await LeaveAsync(stored.Instance, cancellationToken) is { } error)
            return error;
        var deleted = await engine.Consumers.DeleteAsync(stored, cancellationToken);
        if (deleted.IsRefused)
            return ErrorMapping.From(deleted.Refusal);
        return deleted.Value || isExpired ? null : ConsumerCall.Busy;
    }

    /// <summary>Null: it is no member of its group any more.</summary>
    public async ValueTask<ApiError?> LeaveAsync(ConsumerInstance instance, CancellationToken cancellationToken)
    {
        if (instance is not { Mode: ConsumerMode.Subscribed, MemberEpoch: > 0 })
            return null;
        var left = await engine.Groups.LeaveAsync(instance.Group, instance.Id, instance.MemberEpoch, cancellationToken);
        return !left.IsRefused || left.Refusal.Code is ErrorCode.UnknownMemberId or ErrorCode.FencedMemberEpoch or ErrorCode.GroupIdNotFound
            ? null
            : ErrorMapping.From(left.Refusal);
    }
}

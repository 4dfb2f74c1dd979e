using ManagedLog.Engine;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>Commits for a consumer instance: as the member that it is, or past the group's members where it names its partitions itself.</summary>
internal sealed class ConsumerCommits(LogEngine engine)
{
    /// <summary>Commits what the client names.</summary>
    public async ValueTask<ApiError?> CommitAsync(ConsumerInstance instance, IReadOnlyList<OffsetCommit> offsets, CancellationToken cancellationToken)
    {
        if (offsets.Count == 0)
            return null;
        var committed = await SendAsync(instance, offsets, cancellationToken);
        if (committed.IsRefused)
            return ConsumerErrors.ForCommit(committed.Refusal);
        return committed.Value.Refused is [var first, ..] ? ConsumerErrors.For(first) : null;
    }

    /// <summary>
    /// Commits how far the instance has come. Answers it with what is committed now; one that could not be committed stays uncommitted, and is lost to the group where the
    /// partition has gone to another member: that one begins where the group stands.
    /// </summary>
    public async ValueTask<(ConsumerInstance Instance, ApiError? Error)> CommitPositionsAsync(ConsumerInstance instance, CancellationToken cancellationToken) =>
        await CommitPositionsAsync(instance, static position => position.IsUncommitted, cancellationToken);

    public async ValueTask<(ConsumerInstance Instance, ApiError? Error)> CommitPositionsAsync(
        ConsumerInstance instance, Func<ConsumerPosition, bool> which, CancellationToken cancellationToken)
    {
        var positions = instance.Positions.Where(position => position.Next is not null && which(position)).ToList();
        if (positions.Count == 0)
            return (instance, null);
        var offsets = positions.ConvertAll(position => new OffsetCommit(position.Topic, position.Partition, position.Next!.Value) { TopicId = position.TopicId });
        var committed = await SendAsync(instance, offsets, cancellationToken);
        if (committed.IsRefused)
            return (instance, ConsumerErrors.ForCommit(committed.Refusal));
        var refused = committed.Value.Refused.Select(one => (one.Commit.Topic, one.Commit.Partition)).ToHashSet();
        var done = positions.Where(position => !refused.Contains((position.Topic, position.Partition))).Select(position => position with { Committed = position.Next });
        return (instance.Move(done), committed.Value.Refused is [var first, ..] ? ConsumerErrors.For(first) : null);
    }

    private ValueTask<Result<CommitResult>> SendAsync(ConsumerInstance instance, IReadOnlyList<OffsetCommit> offsets, CancellationToken cancellationToken) =>
        instance is { Mode: ConsumerMode.Subscribed, MemberEpoch: > 0 }
            ? engine.Groups.CommitAsync(instance.Group, new CommitRequest(instance.Id, instance.MemberEpoch, offsets), cancellationToken)
            : engine.Groups.CommitWithoutMembersAsync(instance.Group, offsets, cancellationToken);
}

using ManagedLog.Engine;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Consumers;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Security.Auditing;

namespace ManagedLog.Functions.Api.Groups;

/// <summary>What a group has committed: to read it, to commit for clients that assign partitions to themselves, to delete it, and to move it.</summary>
internal sealed class GroupOffsetEndpoints(LogEngine engine, Auditor auditor)
{
    public async Task ListAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await call.BeginAsync() is not { } group)
            return;
        var offsets = await engine.Groups.OffsetsAsync(group, null, context.RequestAborted);
        if (offsets.IsRefused)
            await call.V3.FailAsync(ErrorMapping.From(offsets.Refusal));
        else
            await call.V3.AnswerAsync(StatusCodes.Status200OK, GroupOffsetJson.WriteOffsets, (group, offsets.Value.Where(offset => Caller.Of(context).MaySee(offset.Partition.Topic)).ToList()));
    }

    /// <summary>Only while the group has no members.</summary>
    public async Task CommitAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await call.BeginAsync() is not { } group)
            return;
        var (body, error) = await V3Body.ReadAsync(context, GroupBodies.Default.CommitBody);
        IReadOnlyList<OffsetCommit>? offsets = null;
        if (body is not null && GroupForm.TryReadOffsets(body.Offsets, out offsets, out error) && (body.MemberEpoch is not null || body.Sequence is not null))
            error = FormErrors.BadParameter("member_epoch and sequence are a member's, who commits under its own path.");
        error ??= TopicAccess.FindDenied(context, offsets!.Select(offset => offset.Topic));
        if (error is not null)
        {
            await call.V3.FailAsync(error);
            return;
        }

        var committed = await engine.Groups.CommitWithoutMembersAsync(group, offsets!, context.RequestAborted);
        if (committed.IsRefused)
            await call.V3.FailAsync(ConsumerErrors.ForCommit(committed.Refusal));
        else
            await call.V3.AnswerAsync(StatusCodes.Status200OK, GroupOffsetJson.WriteCommit, (group, committed.Value, offsets!.Count));
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await call.BeginAsync() is not { } group)
            return;
        var (body, error) = await V3Body.ReadAsync(context, GroupBodies.Default.DeleteOffsetsBody);
        IReadOnlyList<PartitionName>? partitions = null;
        if (body is not null)
            GroupForm.TryReadPartitions(body.Partitions, "partitions", isWholeTopic: true, out partitions, out error);
        if (error is not null)
        {
            await call.V3.FailAsync(error);
            return;
        }

        var change = Change.DeleteOffsets(group, partitions!);
        var deleted = await auditor.RunAsync(context, change, () => engine.Groups.DeleteOffsetsAsync(group, partitions!, context.RequestAborted));
        if (deleted.IsRefused)
            await call.V3.FailAsync(ErrorMapping.From(deleted.Refusal));
        else
            context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public Task ResetAsync(HttpContext context) => MoveAsync(context, "offsets:reset", isReal: true, engine.Groups.ResetAsync);

    public Task PreviewAsync(HttpContext context) => MoveAsync(context, "offsets:preview", isReal: false, engine.Groups.PreviewResetAsync);

    private async Task MoveAsync(
        HttpContext context, string path, bool isReal, Func<GroupId, OffsetResetRequest, CancellationToken, ValueTask<Result<IReadOnlyList<OffsetResetLine>>>> move)
    {
        var call = new GroupCall(context, engine);
        if (await call.BeginAsync() is not { } group)
            return;
        var (body, error) = await V3Body.ReadAsync(context, GroupBodies.Default.ResetOffsetsBody);
        OffsetResetRequest? request = null;
        if (body is not null)
            GroupForm.TryReadReset(body, out request, out error);
        error ??= FindUnseen(context, request!.Partitions);
        if (error is not null)
        {
            await call.V3.FailAsync(error);
            return;
        }

        var change = isReal ? Change.ResetOffsets(group, request!) : null;
        var moved = await auditor.RunAsync(context, change, () => move(group, request!, context.RequestAborted));
        if (moved.IsRefused)
            await call.V3.FailAsync(ErrorMapping.From(moved.Refusal));
        else
            await call.V3.AnswerAsync(StatusCodes.Status200OK, GroupOffsetJson.WriteReset, (group, path, moved.Value));
    }

    /// <summary>Where the offsets of a topic would go tells that it is there and where it begins and ends, whether or not the group has anything to do with it.</summary>
    private static ApiError? FindUnseen(HttpContext context, IReadOnlyList<PartitionName>? named) =>
        named?.Select(one => one.Topic).FirstOrDefault(topic => !Caller.Of(context).MaySee(topic)) is { } unseen ? SecurityErrors.Denied(Permission.Describe, Resource.Topic(unseen)) : null;
}

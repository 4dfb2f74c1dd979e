using System.Globalization;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Consumers;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.V3;

namespace ManagedLog.Functions.Api.Groups;

/// <summary>
/// The group calls for clients that fetch for themselves: they join, say every few seconds that they are there, read the partitions that they own by <c>records:fetch</c>, and commit. No row
/// is written for what they read.
/// </summary>
internal sealed class MemberEndpoints(LogEngine engine, Entropy entropy)
{
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(3);

    public async Task JoinAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await call.BeginAsync() is not { } group)
            return;
        var (body, error) = await V3Body.ReadAsync(context, GroupBodies.Default.JoinBody);
        JoinRequest? request = null;
        if (body is not null)
            request = Read(body, out error);
        error ??= TopicAccess.FindDenied(context, request?.Subscription.Topics ?? []);
        if (error is not null)
        {
            await call.V3.FailAsync(error);
            return;
        }

        var joined = await engine.Groups.JoinAsync(group, request!, context.RequestAborted);
        if (joined.IsRefused)
            await call.V3.FailAsync(ErrorMapping.From(joined.Refusal));
        else
            await call.V3.AnswerAsync(StatusCodes.Status200OK, WriteMember, (group, request!.Member, joined.Value, (TimeSpan?)request.SessionTimeout));
    }

    public async Task HeartbeatAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await FindAsync(context, call) is not var (group, member))
            return;
        var (body, error) = await V3Body.ReadAsync(context, GroupBodies.Default.HeartbeatBody);
        HeartbeatRequest? request = null;
        if (body is not null)
            request = Read(body, member, out error);
        error ??= TopicAccess.FindDenied(context, request?.Subscription?.Topics ?? []);
        if (error is not null)
        {
            await call.V3.FailAsync(error);
            return;
        }

        var heard = await engine.Groups.HeartbeatAsync(group, request!, context.RequestAborted);
        if (heard.IsRefused)
            await call.V3.FailAsync(ErrorMapping.From(heard.Refusal));
        else
            await call.V3.AnswerAsync(StatusCodes.Status200OK, WriteMember, (group, member, heard.Value, (TimeSpan?)null));
    }

    public async Task LeaveAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await FindAsync(context, call) is not var (group, member))
            return;
        var text = context.Request.Query["member_epoch"].ToString();
        long epoch = 0;
        if (text.Length > 0 && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out epoch))
        {
            await call.V3.FailAsync(FormErrors.BadParameter("member_epoch is the number that joining answered."));
            return;
        }

        var left = await engine.Groups.LeaveAsync(group, member, text.Length > 0 ? epoch : null, context.RequestAborted);
        if (left.IsRefused)
            await call.V3.FailAsync(ErrorMapping.From(left.Refusal));
        else
            context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task CommitAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await FindAsync(context, call) is not var (group, member))
            return;
        var (body, error) = await V3Body.ReadAsync(context, GroupBodies.Default.CommitBody);
        IReadOnlyList<OffsetCommit>? offsets = null;
        if (body is not null && GroupForm.TryReadOffsets(body.Offsets, out offsets, out error) && (body.MemberEpoch is null || body.Sequence < 1))
            error = FormErrors.BadParameter("member_epoch is the number that joining answered; sequence, if it is given, a number from 1 on.");
        error ??= TopicAccess.FindDenied(context, offsets!.Select(offset => offset.Topic));
        if (error is not null)
        {
            await call.V3.FailAsync(error);
            return;
        }

        var request = new CommitRequest(member, body!.MemberEpoch!.Value, offsets!) { Sequence = body.Sequence };
        var committed = await engine.Groups.CommitAsync(group, request, context.RequestAborted);
        if (committed.IsRefused)
            await call.V3.FailAsync(ErrorMapping.From(committed.Refusal));
        else
            await call.V3.AnswerAsync(StatusCodes.Status200OK, GroupOffsetJson.WriteCommit, (group, committed.Value, offsets!.Count));
    }

    private static async ValueTask<(GroupId Group, MemberId Member)?> FindAsync(HttpContext context, GroupCall call)
    {
        if (await call.BeginAsync() is not { } group)
            return null;
        var name = RouteParts.Get(context, "consumer");
        if (MemberId.TryParse(name, out var member))
            return (group, member);
        await call.V3.FailAsync(new ApiError(404, 40403, $"Consumer {name} of group {group} cannot be found."));
        return null;
    }

    private JoinRequest? Read(JoinBody body, out ApiError? error)
    {
        if (!GroupForm.TryReadSubscription(body.Topics, body.TopicPattern, out var subscription, out error))
            return null;
        if (subscription is null)
            error = FormErrors.BadParameter("topics or topic_pattern is missing.");
        else if (!MemberId.TryParse(body.ConsumerId ?? $"consumer-{entropy.NextGuid():N}", out var member))
            error = FormErrors.BadParameter($"consumer_id has 1 to {MemberId.MaxCharacters} characters, {GroupNames.Rule}.");
        else if (body.SessionTimeoutMs is < 0 or > int.MaxValue)
            error = FormErrors.BadParameter("session_timeout_ms is a number of milliseconds.");
        else
        {
            return new JoinRequest(member, subscription)
            {
                ClientId = body.ClientId ?? "",
                InstanceId = body.InstanceId,
                SessionTimeout = body.SessionTimeoutMs is { } timeout ? TimeSpan.FromMilliseconds(timeout) : JoinRequest.DefaultSessionTimeout,
                Assignor = body.PartitionAssignor,
            };
        }

        return null;
    }

    private static HeartbeatRequest? Read(HeartbeatBody body, MemberId member, out ApiError? error)
    {
        if (!GroupForm.TryReadSubscription(body.Topics, body.TopicPattern, out var subscription, out error) || !GroupForm.TryReadReleased(body.Released, out var released, out error))
            return null;
        if (body.MemberEpoch is { } epoch)
            return new HeartbeatRequest(member, epoch) { Released = released, Subscription = subscription };
        error = FormErrors.BadParameter("member_epoch is missing: the number that joining answered.");
        return null;
    }

    private static void WriteMember(Utf8JsonWriter writer, V3Links links, (GroupId Group, MemberId Member, HeartbeatResult Heard, TimeSpan? SessionTimeout) of)
    {
        var (group, member, heard, session) = of;
        links.WriteBegin(
            writer, "ManagedLogGroupMember", $"{GroupJson.PathOf(group)}/members/{Uri.EscapeDataString(member.Value)}", $"{GroupJson.NameOf(group)}/member={member}");
        writer.WriteString("consumer_group_id"u8, group.Value);
        writer.WriteString("consumer_id"u8, member.Value);
        writer.WriteNumber("member_epoch"u8, heard.Epoch);
        writer.WriteNumber("generation"u8, heard.Generation);
        writer.WriteNumber("heartbeat_interval_ms"u8, (long)IntervalOf(heard, session).TotalMilliseconds);
        WritePartitions(writer, "owned", heard.Owned);
        WritePartitions(writer, "to_revoke", heard.ToRevoke);
        WritePartitions(writer, "awaited", heard.Awaited);
        writer.WriteEndObject();
    }

    /// <summary>Sooner where something is to be given up or waited for, and never more seldom than the session allows.</summary>
    private static TimeSpan IntervalOf(HeartbeatResult heard, TimeSpan? session)
    {
        var interval = heard.IsSettled ? HeartbeatInterval : HeartbeatInterval / 3;
        return session is { } limit && limit / 3 < interval ? limit / 3 : interval;
    }

    private static void WritePartitions(Utf8JsonWriter writer, string name, IReadOnlyList<GroupPartition> partitions)
    {
        writer.WriteStartArray(name);
        foreach (var partition in partitions)
        {
            writer.WriteStartObject();
            GroupOffsetJson.WritePlace(writer, partition);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}

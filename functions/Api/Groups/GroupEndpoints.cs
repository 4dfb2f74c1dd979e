using ManagedLog.Engine;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Security.Auditing;

namespace ManagedLog.Functions.Api.Groups;

/// <summary>Consumer groups as they stand: who is in them, and what each has.</summary>
internal sealed class GroupEndpoints(LogEngine engine, Auditor auditor)
{
    /// <summary>Groups that are read at once where a list is given whole.</summary>
    private const int ReadGroups = 100;

    public async Task ListAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        if (!ListPage.TryRead(context.Request, out var page, out var error))
        {
            await call.FailAsync(error);
            return;
        }

        var groups = new List<GroupListing>();
        var after = page.After;
        do
        {
            var read = await engine.Groups.ListAsync(Math.Min(page.Size - groups.Count, ReadGroups), after, context.RequestAborted);
            if (read.IsRefused)
            {
                await call.FailAsync(ErrorMapping.From(read.Refusal));
                return;
            }

            groups.AddRange(read.Value.Groups.Where(group => Caller.Of(context).May(Permission.Describe, Resource.Group(group.Group.Value))));
            after = read.Value.Next;
        }
        while (after is not null && groups.Count < page.Size);
        var next = after is null ? null : page.Next(GroupJson.Root, after);
        await call.AnswerAsync(
            StatusCodes.Status200OK,
            static (writer, links, list) =>
            {
                links.WriteListBegin(writer, "KafkaConsumerGroupList", GroupJson.Root, list.next);
                foreach (var group in list.groups)
                    GroupJson.WriteGroup(writer, links, group);
                V3Links.WriteListEnd(writer);
            },
            (groups, next));
    }

    public async Task GetAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await call.DescribeAsync() is { } group)
            await call.V3.AnswerAsync(StatusCodes.Status200OK, GroupJson.WriteGroup, new GroupListing(group.Group, group.Status, group.Assignor));
    }

    /// <summary>Only of a group without members, and with all that it has committed.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await call.BeginAsync() is not { } group)
            return;
        var deleted = await auditor.RunAsync(context, Change.DeleteGroup(group), () => engine.Groups.DeleteAsync(group, context.RequestAborted));
        if (deleted.IsRefused)
            await call.V3.FailAsync(ErrorMapping.From(deleted.Refusal));
        else
            context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task ConsumersAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await call.DescribeAsync() is not { } group)
            return;
        await call.V3.AnswerAsync(
            StatusCodes.Status200OK,
            static (writer, links, group) =>
            {
                V3Links.WriteListBegin(writer, "KafkaConsumerList", links.Of($"{GroupJson.PathOf(group.Group)}/consumers"));
                foreach (var member in group.Members)
                    GroupJson.WriteConsumer(writer, links, (group, member));
                V3Links.WriteListEnd(writer);
            },
            group);
    }

    public async Task ConsumerAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await call.FindMemberAsync() is { } found)
            await call.V3.AnswerAsync(StatusCodes.Status200OK, GroupJson.WriteConsumer, found);
    }

    public async Task AssignmentsAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await call.FindMemberAsync() is not { } found)
            return;
        await call.V3.AnswerAsync(
            StatusCodes.Status200OK,
            static (writer, links, of) =>
            {
                V3Links.WriteListBegin(writer, "KafkaConsumerAssignmentList", links.Of($"{GroupJson.PathOf(of.Group.Group, of.Member)}/assignments"));
                foreach (var partition in of.Member.Owned)
                    GroupJson.WriteAssignment(writer, links, (of.Group, of.Member, partition));
                V3Links.WriteListEnd(writer);
            },
            found);
    }

    public async Task AssignmentAsync(HttpContext context)
    {
        var call = new GroupCall(context, engine);
        if (await call.FindMemberAsync() is not { } found)
            return;
        var (topic, partition) = (RouteParts.Get(context, "topic"), RouteParts.Get(context, "partition"));
        if (RouteParts.TryPartition(partition, out var number) && found.Member.Owned.FirstOrDefault(one => one.Topic == topic && one.Partition == number) is { Topic: not null } owned)
            await call.V3.AnswerAsync(StatusCodes.Status200OK, GroupJson.WriteAssignment, (found.Group, found.Member, owned));
        else
            await call.V3.FailAsync(new ApiError(404, 404, $"Partition {partition} of topic {topic} is not assigned to consumer {found.Member.Member}."));
    }
}

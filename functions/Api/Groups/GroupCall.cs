using ManagedLog.Engine;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Api.Groups;

/// <summary>What every call on a consumer group in v3 begins with. Each step that fails has answered.</summary>
internal sealed class GroupCall(HttpContext context, LogEngine engine)
{
    public V3Call V3 { get; } = new(context, engine);

    /// <summary>The name in the path, whether or not there is such a group.</summary>
    public async ValueTask<GroupId?> BeginAsync()
    {
        if (!await V3.BeginAsync())
            return null;
        var name = RouteParts.Get(context, "group");
        if (GroupId.TryParse(name, out var group))
            return group;
        await V3.FailAsync(NotFound(name));
        return null;
    }

    public async ValueTask<GroupDescription?> DescribeAsync()
    {
        if (await BeginAsync() is not { } group)
            return null;
        var described = await engine.Groups.DescribeAsync(group, context.RequestAborted);
        if (!described.IsRefused)
            return described.Value;
        await V3.FailAsync(ErrorMapping.From(described.Refusal));
        return null;
    }

    /// <summary>The member in the path. What it has of topics that the caller may not see is not told of.</summary>
    public async ValueTask<(GroupDescription Group, MemberDescription Member)?> FindMemberAsync()
    {
        if (await DescribeAsync() is not { } group)
            return null;
        var name = RouteParts.Get(context, "consumer");
        if (group.Members.FirstOrDefault(member => member.Member.Value == name) is { } found)
            return (group, found with { Owned = [.. found.Owned.Where(partition => Caller.Of(context).MaySee(partition.Topic))] });
        await V3.FailAsync(new ApiError(404, 404, $"Consumer {name} of group {group.Group} cannot be found."));
        return null;
    }

    public static ApiError NotFound(string group) => new(404, 404, $"Consumer group {group} cannot be found.");
}

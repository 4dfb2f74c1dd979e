using ManagedLog.Functions.Api.Consumers;
using ManagedLog.Functions.Api.Groups;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Hosting;

/// <summary>The paths of consumer groups: v2's consumer instances, and v3's groups. What they say of topics is asked for where the topics are known.</summary>
internal static class GroupRoutes
{
    public static void MapConsumers(WebApplication app)
    {
        const string instance = "/consumers/{group}/instances/{instance}";
        var group = app.MapGroup("").Needs(Access.Group(Permission.Consume));
        var consumers = app.Services.GetRequiredService<ConsumerEndpoints>();
        group.MapPost("/consumers/{group}", consumers.CreateAsync);
        group.MapDelete(instance, consumers.DeleteAsync);
        var subscriptions = app.Services.GetRequiredService<SubscriptionEndpoints>();
        group.MapPost(instance + "/subscription", subscriptions.SubscribeAsync);
        group.MapGet(instance + "/subscription", subscriptions.SubscriptionAsync);
        group.MapDelete(instance + "/subscription", subscriptions.UnsubscribeAsync);
        group.MapPost(instance + "/assignments", subscriptions.AssignAsync);
        group.MapGet(instance + "/assignments", subscriptions.AssignmentsAsync);
        var positions = app.Services.GetRequiredService<PositionEndpoints>();
        group.MapPost(instance + "/positions", positions.SeekAsync);
        group.MapPost(instance + "/positions/beginning", positions.ToBeginningAsync);
        group.MapPost(instance + "/positions/end", positions.ToEndAsync);
        group.MapGet(instance + "/records", app.Services.GetRequiredService<PollEndpoint>().HandleAsync);
        var offsets = app.Services.GetRequiredService<OffsetEndpoints>();
        group.MapPost(instance + "/offsets", offsets.CommitAsync);
        group.MapGet(instance + "/offsets", offsets.CommittedAsync);
        group.MapPost(instance + "/offsets:fetch", offsets.CommittedAsync);
    }

    public static void MapGroups(WebApplication app, RouteGroupBuilder v3)
    {
        const string group = "/clusters/{cluster}/consumer-groups/{group}";
        var (describe, consume, manage) = (Access.Group(Permission.Describe), Access.Group(Permission.Consume), Access.Group(Permission.Manage));
        var groups = app.Services.GetRequiredService<GroupEndpoints>();
        v3.MapGet("/clusters/{cluster}/consumer-groups", groups.ListAsync).Needs(Access.Known);
        v3.MapGet(group, groups.GetAsync).Needs(describe);
        v3.MapDelete(group, groups.DeleteAsync).Needs(manage);
        v3.MapGet(group + "/consumers", groups.ConsumersAsync).Needs(describe);
        v3.MapGet(group + "/consumers/{consumer}", groups.ConsumerAsync).Needs(describe);
        v3.MapGet(group + "/consumers/{consumer}/assignments", groups.AssignmentsAsync).Needs(describe);
        v3.MapGet(group + "/consumers/{consumer}/assignments/{topic}/partitions/{partition}", groups.AssignmentAsync).Needs(describe);
        var lags = app.Services.GetRequiredService<LagEndpoints>();
        v3.MapGet(group + "/lags", lags.ListAsync).Needs(describe);
        v3.MapGet(group + "/lags/{topic}/partitions/{partition}", lags.GetAsync).Needs(describe);
        v3.MapGet(group + "/lag-summary", lags.SummaryAsync).Needs(describe);
        var offsets = app.Services.GetRequiredService<GroupOffsetEndpoints>();
        v3.MapGet(group + "/offsets", offsets.ListAsync).Needs(describe);
        v3.MapPost(group + "/offsets", offsets.CommitAsync).Needs(consume);
        v3.MapPost(group + "/offsets:delete", offsets.DeleteAsync).Needs(manage);
        v3.MapPost(group + "/offsets:reset", offsets.ResetAsync).Needs(manage);
        v3.MapPost(group + "/offsets:preview", offsets.PreviewAsync).Needs(manage);
        var members = app.Services.GetRequiredService<MemberEndpoints>();
        v3.MapPost(group + "/members", members.JoinAsync).Needs(consume);
        v3.MapPost(group + "/members/{consumer}:heartbeat", members.HeartbeatAsync).Needs(consume);
        v3.MapDelete(group + "/members/{consumer}", members.LeaveAsync).Needs(consume);
        v3.MapPost(group + "/members/{consumer}/offsets", members.CommitAsync).Needs(consume);
    }
}

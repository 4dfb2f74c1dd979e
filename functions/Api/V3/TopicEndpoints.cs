using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Limits;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Security.Auditing;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Creates, lists, describes, grows and deletes topics.</summary>
internal sealed class TopicEndpoints(LogEngine engine, TopicLimits limits, Auditor auditor)
{
    public async Task ListAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        var withOperations = WithOperations(context.Request);
        if (await call.ListTopicsAsync("/topics", withOperations ? "&include_authorized_operations=true" : "") is var (topics, next))
            await call.AnswerAsync(StatusCodes.Status200OK, TopicJson.WriteTopics, (topics, next, withOperations ? Caller.Of(context) : null));
    }

    public async Task GetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindTopicAsync() is { } topic)
            await call.AnswerAsync(StatusCodes.Status200OK, TopicJson.WriteTopic, (topic, WithOperations(context.Request) ? Caller.Of(context) : null));
    }

    public async Task CreateAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        var (body, error) = await V3Body.ReadAsync(context, V3Bodies.Default.CreateTopicBody);
        if (body is null || !NewTopics.TryMake(body, out var asked, out error))
        {
            await call.FailAsync(error!);
            return;
        }

        if (!await call.MayAsync(Permission.Manage, asked.Name))
            return;
        if (await limits.FindExcessAsync(asked, context.RequestAborted) is { } excess)
        {
            await call.FailAsync(excess);
            return;
        }

        var change = asked.ValidateOnly ? null : Change.CreateTopic(asked);
        var created = await auditor.RunAsync(context, change, () => engine.CreateTopicAsync(asked, context.RequestAborted));
        if (created.IsRefused)
        {
            await call.FailAsync(ErrorMapping.From(created.Refusal));
        }
        else if (asked.ValidateOnly)
        {
            await call.AnswerAsync(StatusCodes.Status200OK, TopicJson.WriteTopic, created.Value);
        }
        else
        {
            context.Response.Headers.Location = call.Links.Of(TopicJson.PathOf(created.Value));
            await call.AnswerAsync(StatusCodes.Status201Created, TopicJson.WriteTopic, created.Value);
        }
    }

    public async Task GrowAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        var (body, error) = await V3Body.ReadAsync(context, V3Bodies.Default.GrowTopicBody);
        if (body is not null && body.PartitionsCount is null)
            error = FormErrors.Malformed("partitions_count is missing.");
        else if (body is not null)
            error = limits.FindExcess(body.PartitionsCount!.Value);
        if (error is not null)
        {
            await call.FailAsync(error);
            return;
        }

        var (topic, partitions) = (RouteParts.Get(context, "topic"), body!.PartitionsCount!.Value);
        var grown = await auditor.RunAsync(context, Change.GrowTopic(topic, partitions), () => engine.GrowTopicAsync(topic, partitions, context.RequestAborted));
        if (grown.IsRefused)
            await call.FailAsync(ErrorMapping.From(grown.Refusal));
        else
            await call.AnswerAsync(StatusCodes.Status200OK, TopicJson.WriteTopic, grown.Value);
    }

    public async Task DeleteAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        var topic = RouteParts.Get(context, "topic");
        var deleted = await auditor.RunAsync(context, Change.DeleteTopic(topic), () => engine.DeleteTopicAsync(topic, context.RequestAborted));
        if (deleted.IsRefused)
            await call.FailAsync(ErrorMapping.From(deleted.Refusal));
        else
            context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>The parameter is written one way where topics are listed and another where one is described; both are taken at both.</summary>
    private static bool WithOperations(HttpRequest request) =>
        IsTrue(request.Query["include_authorized_operations"]) || IsTrue(request.Query["includeAuthorizedOperations"]);

    private static bool IsTrue(string? text) => "true".Equals(text, StringComparison.OrdinalIgnoreCase);
}

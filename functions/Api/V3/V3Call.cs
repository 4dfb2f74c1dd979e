using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Api.V3;

/// <summary>What every v3 endpoint begins with: the answer's type, the cluster in the path, the topic, the partition. Each step that fails has answered.</summary>
internal sealed class V3Call(HttpContext context, LogEngine engine)
{
    public V3Links Links { get; } = new(context.Request, engine.ClusterId);

    public async ValueTask<bool> BeginAsync()
    {
        var accept = context.Request.Headers.Accept;
        if (AcceptHeader.Choose(accept, MediaTypes.V3Answers) is null)
            return await FailAsync(FormErrors.NotAcceptable(accept.ToString(), MediaTypes.V3Answers));
        if (context.Request.RouteValues["cluster"] is string cluster && cluster != engine.ClusterId)
            return await FailAsync(FormErrors.UnknownCluster(cluster));
        return true;
    }

    /// <summary>Begins, and gives the page of topics that is asked for, of those that the caller may see, with the path of the next one.</summary>
    /// <param name="path">Of the list.</param>
    /// <param name="parameters">What else belongs to the path of the next page.</param>
    public async ValueTask<(IReadOnlyList<Topic> Topics, string? Next)?> ListTopicsAsync(string path, string parameters = "")
    {
        if (!await BeginAsync())
            return null;
        if (!ListPage.TryRead(context.Request, out var page, out var error))
        {
            await FailAsync(error);
            return null;
        }

        var topics = await engine.ListTopicsAsync(context.RequestAborted);
        if (topics.IsRefused)
        {
            await FailAsync(ErrorMapping.From(topics.Refusal));
            return null;
        }

        var caller = Caller.Of(context);
        var (shown, next) = page.Of([.. topics.Value.Where(topic => caller.MaySee(topic.Name))], path);
        return (shown, next is null ? null : next + parameters);
    }

    /// <summary>Begins, and looks whether there is the broker in the path.</summary>
    public async ValueTask<bool> FindBrokerAsync()
    {
        if (!await BeginAsync())
            return false;
        var broker = RouteParts.Get(context, "broker");
        return Brokers.Exists(broker) || await FailAsync(new ApiError(404, 404, $"Broker {broker} cannot be found."));
    }

    public async ValueTask<Topic?> FindTopicAsync()
    {
        if (!await BeginAsync())
            return null;
        var topic = await engine.FindTopicAsync(RouteParts.Get(context, "topic"), context.RequestAborted);
        if (!topic.IsRefused)
            return topic.Value;
        await FailAsync(ErrorMapping.From(topic.Refusal));
        return null;
    }

    public async ValueTask<(Topic Topic, int Partition)?> FindPartitionAsync()
    {
        if (await FindTopicAsync() is not { } topic)
            return null;
        var text = RouteParts.Get(context, "partition");
        if (RouteParts.TryPartition(text, out var partition))
        {
            var found = await engine.FindPartitionAsync(topic.Name, partition, context.RequestAborted);
            if (!found.IsRefused)
                return (found.Value, partition);
        }

        await FailAsync(new ApiError(404, 404, $"Partition {text} of topic {topic.Name} not found; it has partitions 0 to {topic.Partitions - 1}."));
        return null;
    }

    /// <summary>For what the path does not name: false where the caller may not, which has been answered.</summary>
    public async ValueTask<bool> MayAsync(Permission permission, string topic) =>
        Caller.Of(context).May(permission, Resource.Topic(topic)) || await FailAsync(SecurityErrors.Denied(permission, Resource.Topic(topic)));

    /// <summary>Answers with an error; always false.</summary>
    public async ValueTask<bool> FailAsync(ApiError error)
    {
        await Answer.ErrorAsync(context, error);
        return false;
    }

    public Task AnswerAsync<TState>(int status, Action<Utf8JsonWriter, V3Links, TState> write, TState state) => Answer.WriteAsync(
        context,
        status,
        MediaTypes.Json,
        static (writer, call) => call.write(writer, call.Links, call.state),
        (write, Links, state));
}

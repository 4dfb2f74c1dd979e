using System.Globalization;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.Following;

/// <summary>
/// <c>GET /topics/{topic}/records</c>: all partitions of a topic, or those that <c>partitions</c> names, in one stream. The order is that of each partition; between them there
/// is none. When the topic gets more partitions, a stream of all of them ends, for the client to resume it with these.
/// </summary>
internal sealed class TopicRecordsEndpoint(LogEngine engine, FollowEndpoint follow)
{
    public async Task HandleAsync(HttpContext context)
    {
        var error = await FollowAsync(context);
        if (error is not null)
            await Answer.ErrorAsync(context, error);
    }

    private async Task<ApiError?> FollowAsync(HttpContext context)
    {
        var name = RouteParts.Get(context, "topic");
        if (context.Request.RouteValues["cluster"] is string cluster && cluster != engine.ClusterId)
            return FormErrors.UnknownCluster(cluster);
        if (!FetchQuery.TryRead(context.Request, out var query, out var error))
            return error;
        if (!query.IsStream)
            return FormErrors.NotAcceptable(context.Request.Headers.Accept.ToString(), [MediaTypes.EventStream, MediaTypes.Lines]);
        var topic = await engine.FindTopicAsync(name, context.RequestAborted);
        if (topic.IsRefused)
            return TopicErrors.ForTopic(topic.Refusal, name);
        var named = context.Request.Query["partitions"].ToString();
        var isOfAll = named.Length == 0;
        if (!TryReadPartitions(named, topic.Value, out var numbers, out error))
            return error;
        if (query.LastEventId is null && numbers.Count > 1 && !query.From.IsEarliest && !query.From.IsLatest && !query.From.IsTimestamp)
            return FormErrors.BadParameter("A number is an offset of one partition; give offset=earliest, offset=latest, timestamp or last_event_id.");
        await follow.RunAsync(
            context, query, [.. numbers.Select(number => FollowedPartition.Of(topic.Value, number, query.From))], EventIdForm.Partitions, hasGrown: isOfAll ? HasGrownAsync : null);
        return null;

        async ValueTask<bool> HasGrownAsync()
        {
            var now = await engine.FindTopicAsync(name, context.RequestAborted);
            return !now.IsRefused && now.Value.Id == topic.Value.Id && now.Value.Partitions > topic.Value.Partitions && now.Value.Partitions <= StreamLimits.MaxPartitions;
        }
    }

    private static bool TryReadPartitions(string text, Topic topic, out IReadOnlyList<int> numbers, out ApiError? error)
    {
        error = null;
        if (text.Length == 0)
        {
            numbers = [.. Enumerable.Range(0, topic.Partitions)];
        }
        else
        {
            var named = new SortedSet<int>();
            foreach (var part in text.Split(','))
            {
                if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number >= topic.Partitions)
                    error = FormErrors.UnknownPartition(topic.Name, part);
                else if (!named.Add(number))
                    error = FormErrors.BadParameter($"partitions={text} names {number} twice.");
            }

            numbers = [.. named];
        }

        if (error is null && numbers.Count > StreamLimits.MaxPartitions)
            error = FormErrors.BadParameter($"One stream has at most {StreamLimits.MaxPartitions} partitions and the topic has {topic.Partitions}; name some: partitions=0,1,2.");
        return error is null;
    }
}

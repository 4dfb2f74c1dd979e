using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>
/// Where a consumer instance's partitions come from: a subscription, which its group shares out, or an assignment of its own. Each excludes the other until it is cleared. Neither
/// joins anything: the next poll does.
/// </summary>
internal sealed class SubscriptionEndpoints(LogEngine engine, ConsumerEnding ending, ConsumerCommits commits)
{
    public async Task SubscribeAsync(HttpContext context)
    {
        var call = new ConsumerCall(context, engine, ending);
        var (form, error) = await ConsumerCall.ReadAsync(context, SubscriptionForm.Read);
        if (error is null && form!.Pattern is { } pattern && TopicMatcher.FindFault(pattern) is { } fault)
            error = FormErrors.Unprocessable($"topic_pattern cannot be used: {fault}");
        if (error is null)
            error = TopicAccess.FindDenied(context, form!.Topics);
        if (error is null)
        {
            (_, error) = await call.ChangeAsync(stored => stored.Instance.Mode == ConsumerMode.Assigned
                ? Refuse(ConsumerErrors.IllegalState("Partitions are assigned to this consumer instance; DELETE its subscription before it subscribes."))
                : form!.IsEmpty ? ClearAsync(stored.Instance, context.RequestAborted) : Accept(stored.Instance.Subscribe(form.Topics, form.Pattern)));
        }

        await call.EndAsync(error);
    }

    public async Task UnsubscribeAsync(HttpContext context)
    {
        var call = new ConsumerCall(context, engine, ending);
        if (ConsumerCall.IsAcceptable(context.Request, out _, out var error))
            (_, error) = await call.ChangeAsync(stored => ClearAsync(stored.Instance, context.RequestAborted));
        await call.EndAsync(error);
    }

    /// <summary>Of a pattern the topics that match it now; with the partitions that the instance has now.</summary>
    public async Task SubscriptionAsync(HttpContext context)
    {
        var call = new ConsumerCall(context, engine, ending);
        if (await FindAsync(context, call) is not var (stored, type))
            return;
        var topics = stored.Instance.Topics;
        if (stored.Instance.Pattern is { } pattern)
        {
            var listed = await engine.ListTopicsAsync(context.RequestAborted);
            if (listed.IsRefused)
            {
                await call.FailAsync(ErrorMapping.From(listed.Refusal));
                return;
            }

            topics = [.. listed.Value.Select(topic => topic.Name).Where(topic => TopicMatcher.IsMatch(pattern, topic) && Caller.Of(context).MaySee(topic))];
        }

        await call.AnswerAsync(type, WriteSubscription, (topics, stored.Instance));
    }

    public async Task AssignAsync(HttpContext context)
    {
        var call = new ConsumerCall(context, engine, ending);
        var (places, error) = await ConsumerCall.ReadAsync(context, ReadPlaces);
        if (error is null)
            error = TopicAccess.FindDenied(context, places!.Select(place => place.Topic));
        if (error is null)
        {
            (_, error) = await call.ChangeAsync(stored => stored.Instance.Mode == ConsumerMode.Subscribed
                ? Refuse(ConsumerErrors.IllegalState("This consumer instance is subscribed to topics; DELETE its subscription before partitions are assigned to it."))
                : places!.Count == 0 ? ClearAsync(stored.Instance, context.RequestAborted) : AssignAsync(stored.Instance, places, context.RequestAborted));
        }

        await call.EndAsync(error);
    }

    public async Task AssignmentsAsync(HttpContext context)
    {
        var call = new ConsumerCall(context, engine, ending);
        if (await FindAsync(context, call) is var (stored, type))
            await call.AnswerAsync(type, WriteAssignments, stored.Instance);
    }

    /// <summary>Reads <c>{"partitions":[…]}</c>.</summary>
    public static (IReadOnlyList<PlaceForm>? Places, ApiError? Error) ReadPlaces(JsonElement? body)
    {
        if (body is not { } members)
            return (null, FormErrors.BodyMissing("""{"partitions":[{"topic":"orders","partition":0}]}"""));
        var places = new List<PlaceForm>();
        var isGiven = false;
        foreach (var member in members.EnumerateObject())
        {
            if (member.Name != "partitions")
                return (null, FormErrors.UnknownMember("The request", member.Name));
            isGiven = member.Value.ValueKind != JsonValueKind.Null;
            if (PlaceForm.ReadAll(member.Value, member.Name, null, places) is { } error)
                return (null, error);
        }

        return isGiven ? (places, null) : (null, FormErrors.Unprocessable("""partitions is missing: {"partitions":[{"topic":"orders","partition":0}]}."""));
    }

    private static async ValueTask<(StoredConsumer Stored, string Type)?> FindAsync(HttpContext context, ConsumerCall call)
    {
        StoredConsumer? stored = null;
        if (ConsumerCall.IsAcceptable(context.Request, out var type, out var error))
            (stored, error) = await call.FindAsync();
        if (stored is not null)
        {
            await call.RenewAsync(stored);
            return (stored, type);
        }

        await call.FailAsync(error!);
        return null;
    }

    private static ValueTask<(ConsumerInstance?, ApiError?)> Accept(ConsumerInstance instance) => ValueTask.FromResult<(ConsumerInstance?, ApiError?)>((instance, null));

    private static ValueTask<(ConsumerInstance?, ApiError?)> Refuse(ApiError error) => ValueTask.FromResult<(ConsumerInstance?, ApiError?)>((null, error));

    /// <summary>What it loses is committed first, where it commits by itself.</summary>
    private async ValueTask<(ConsumerInstance?, ApiError?)> AssignAsync(ConsumerInstance instance, IReadOnlyList<PlaceForm> places, CancellationToken cancellationToken)
    {
        var kept = places.Select(place => (place.Topic, place.Partition)).ToHashSet();
        if (instance.Settings.AutoCommit)
            (instance, _) = await commits.CommitPositionsAsync(instance, position => position.IsUncommitted && !kept.Contains((position.Topic, position.Partition)), cancellationToken);
        return (instance.Assign(kept), null);
    }

    private async ValueTask<(ConsumerInstance?, ApiError?)> ClearAsync(ConsumerInstance instance, CancellationToken cancellationToken)
    {
        if (instance.Settings.AutoCommit)
            (instance, _) = await commits.CommitPositionsAsync(instance, cancellationToken);
        return await ending.LeaveAsync(instance, cancellationToken) is { } error ? (null, error) : (instance.Clear(), null);
    }

    private static void WriteSubscription(Utf8JsonWriter writer, (IReadOnlyList<string> Topics, ConsumerInstance Instance) subscription)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("topics"u8);
        foreach (var topic in subscription.Topics)
            writer.WriteStringValue(topic);
        writer.WriteEndArray();
        writer.WriteStartArray("partitions"u8);
        foreach (var topic in subscription.Instance.Positions.GroupBy(position => position.Topic))
        {
            writer.WriteStartObject();
            writer.WriteStartArray(topic.Key);
            foreach (var position in topic)
                writer.WriteNumberValue(position.Partition);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteAssignments(Utf8JsonWriter writer, ConsumerInstance instance)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("partitions"u8);
        foreach (var position in instance.Positions)
        {
            writer.WriteStartObject();
            writer.WriteString("topic"u8, position.Topic);
            writer.WriteNumber("partition"u8, position.Partition);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}

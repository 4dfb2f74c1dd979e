using System.Text.Json;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>The body of <c>POST …/subscription</c>: topics by name, or a pattern. No topics at all: to have none any more.</summary>
internal sealed record SubscriptionForm(IReadOnlyList<string> Topics, string? Pattern)
{
    private const int MaxTopics = 1_000;

    public bool IsEmpty => Topics.Count == 0 && Pattern is null;

    public static (SubscriptionForm? Form, ApiError? Error) Read(JsonElement? body)
    {
        if (body is not { } members)
            return (null, FormErrors.BodyMissing("""{"topics":["orders"]} or {"topic_pattern":"orders-.*"}"""));
        List<string>? topics = null;
        string? pattern = null;
        foreach (var member in members.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null && member.Name is "topics" or "topic_pattern")
                continue;
            var error = member.Name switch
            {
                "topics" => ReadTopics(member.Value, out topics),
                "topic_pattern" => JsonText.TryGet(member.Value, out pattern) ? null : FormErrors.Malformed("topic_pattern must be a string."),
                _ => FormErrors.UnknownMember("A subscription", member.Name),
            };
            if (error is not null)
                return (null, error);
        }

        if (topics is not null && pattern is not null)
            return (null, ConsumerErrors.IllegalState("topics and topic_pattern exclude each other; subscribe to one of them."));
        if (topics is null && pattern is null)
            return (null, FormErrors.Unprocessable("""A subscription has topics or topic_pattern: {"topics":["orders"]} or {"topic_pattern":"orders-.*"}."""));
        return (new SubscriptionForm(topics ?? [], pattern), null);
    }

    private static ApiError? ReadTopics(JsonElement value, out List<string>? topics)
    {
        topics = null;
        if (value.ValueKind != JsonValueKind.Array)
            return FormErrors.Malformed("topics must be an array of strings.");
        if (value.GetArrayLength() > MaxTopics)
            return FormErrors.Unprocessable($"A subscription has at most {MaxTopics} topics; use topic_pattern.");
        topics = [];
        foreach (var entry in value.EnumerateArray())
        {
            if (!JsonText.TryGet(entry, out var topic))
                return FormErrors.Malformed("topics must be an array of strings.");
            if (!TopicName.IsLegal(topic, out var defect))
                return FormErrors.Unprocessable(defect);
            if (!topics.Contains(topic, StringComparer.Ordinal))
                topics.Add(topic);
        }

        // Said now, and not by the poll that joins.
        return MemberSubscription.IsTooLong(topics)
            ? FormErrors.Unprocessable($"The names of a subscription's topics have at most {MemberSubscription.MaxNameCharacters} characters together; use topic_pattern.")
            : null;
    }
}

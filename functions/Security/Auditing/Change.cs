using System.Text.Json.Nodes;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;

namespace ManagedLog.Functions.Security.Auditing;

/// <summary>An administrative change that somebody wants made, as the audit tells it. Every kind that there is stands here; none holds a secret.</summary>
internal sealed record Change(string Action, Resource Resource, JsonObject Details)
{
    /// <summary>Of one text: what a client sends may be long, and is refused later.</summary>
    private const int MaxText = 1_000;

    /// <summary>Of the details together, in characters.</summary>
    private const int MaxDetails = 32 * 1024;

    public static Change CreateTopic(NewTopic topic) => new(
        "topic.create",
        Resource.Topic(Text(topic.Name)),
        new JsonObject { ["partitions_count"] = topic.Partitions, ["replication_factor"] = topic.ReplicationFactor, ["configs"] = Configs(topic.Configs) });

    public static Change GrowTopic(string name, int partitions) => new("topic.grow", Resource.Topic(Text(name)), new JsonObject { ["partitions_count"] = partitions });

    public static Change DeleteTopic(string name) => new("topic.delete", Resource.Topic(Text(name)), []);

    public static Change ConfigureTopic(string name, IReadOnlyDictionary<string, string?> configs) =>
        new("topic.configure", Resource.Topic(Text(name)), new JsonObject { ["configs"] = Configs(configs) });

    public static Change DeleteRecords(string topic, int partition, long beforeOffset) =>
        new("records.delete", Resource.Topic(Text(topic)), new JsonObject { ["partition_id"] = partition, ["before_offset"] = beforeOffset });

    public static Change ConfigureDefaults(IReadOnlyDictionary<string, string?> configs) =>
        new("defaults.configure", Resource.Cluster, new JsonObject { ["configs"] = Configs(configs) });

    public static Change DeleteGroup(GroupId group) => new("group.delete", Resource.Group(Text(group.ToString())), []);

    public static Change DeleteOffsets(GroupId group, IReadOnlyList<PartitionName> partitions) =>
        new("group.offsets.delete", Resource.Group(Text(group.ToString())), new JsonObject { ["partitions"] = Partitions(partitions) });

    public static Change ResetOffsets(GroupId group, OffsetResetRequest request) => new("group.offsets.reset", Resource.Group(Text(group.ToString())), new JsonObject
    {
        ["to"] = request.To.Kind.ToString().ToLowerInvariant(),
        ["value"] = request.To.Value,
        ["partitions"] = request.Partitions is null ? null : Partitions(request.Partitions),
        ["is_forced"] = request.IsForced,
    });

    public static Change CreateApiKey(ApiKey key) => new("api_key.create", Resource.Cluster, new JsonObject
    {
        ["prefix"] = key.Prefix,
        ["name"] = Text(key.Name),
        ["scopes"] = new JsonArray([.. key.Scopes.Select(static scope => JsonValue.Create(scope))]),
        ["expires_at"] = key.ExpiresAt?.ToString("O"),
        ["quota"] = key.Quota is { } quota
            ? new JsonObject
            {
                ["requests_per_second"] = quota.RequestsPerSecond,
                ["bytes_in_per_second"] = quota.BytesInPerSecond,
                ["bytes_out_per_second"] = quota.BytesOutPerSecond,
            }
            : null,
    });

    public static Change RevokeApiKey(string prefix) => new("api_key.revoke", Resource.Cluster, new JsonObject { ["prefix"] = Text(prefix) });

    /// <summary>As it is stored.</summary>
    public string DetailsText()
    {
        var text = Details.ToJsonString();
        return text.Length <= MaxDetails ? text : """{"is_too_long":true}""";
    }

    private static JsonArray Partitions(IReadOnlyList<PartitionName> partitions) =>
        new([.. partitions.Select(static one => new JsonObject { ["topic"] = Text(one.Topic), ["partition"] = one.Partition })]);

    private static JsonObject Configs(IReadOnlyDictionary<string, string?> configs)
    {
        var all = new JsonObject();
        foreach (var (name, value) in configs)
            all[Text(name)] = value is null ? null : Text(value);
        return all;
    }

    private static string Text(string text) => KeySecret.Redact(text.Length <= MaxText ? text : text[..MaxText] + "…");
}

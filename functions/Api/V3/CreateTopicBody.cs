using System.Text.Json;
using System.Text.Json.Serialization;

namespace ManagedLog.Functions.Api.V3;

/// <summary>The body of <c>POST /v3/clusters/{cluster}/topics</c>. What is left out has the topic's defaults.</summary>
internal sealed class CreateTopicBody : StrictBody
{
    public string? TopicName { get; set; }

    public int? PartitionsCount { get; set; }

    public int? ReplicationFactor { get; set; }

    /// <summary>Brokers by partition; instead of the two counts.</summary>
    public Dictionary<string, List<int>>? ReplicasAssignments { get; set; }

    public List<ConfigBody>? Configs { get; set; }

    public bool? ValidateOnly { get; set; }
}

/// <summary>One setting by its name. A null value is the default.</summary>
internal sealed class ConfigBody : StrictBody
{
    public string? Name { get; set; }

    [JsonConverter(typeof(ScalarText))]
    public string? Value { get; set; }
}

/// <summary>The body of <c>PATCH /v3/clusters/{cluster}/topics/{topic}</c>.</summary>
internal sealed class GrowTopicBody : StrictBody
{
    public int? PartitionsCount { get; set; }
}

/// <summary>The body of <c>POST …/partitions/{partition}/records:delete</c>.</summary>
internal sealed class DeleteRecordsBody : StrictBody
{
    /// <summary>The first offset to keep; −1: delete all that stand now.</summary>
    public long? BeforeOffset { get; set; }
}

/// <summary>Keeps members that it does not know, so that they can be refused by name.</summary>
internal abstract class StrictBody
{
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = Json.JsonForm.MaxDepth)]
[JsonSerializable(typeof(CreateTopicBody))]
[JsonSerializable(typeof(GrowTopicBody))]
[JsonSerializable(typeof(CreateApiKeyBody))]
[JsonSerializable(typeof(DeleteRecordsBody))]
[JsonSerializable(typeof(ConfigValueBody))]
[JsonSerializable(typeof(AlterConfigsBody))]
[JsonSerializable(typeof(AlterTopicsBody))]
internal sealed partial class V3Bodies : JsonSerializerContext;

namespace ManagedLog.Functions.Api.Http;

/// <summary>The types that the interface speaks (Confluent REST API v2 and v3).</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string V2 = "application/vnd.kafka.v2+json";
    public const string BinaryV2 = "application/vnd.kafka.binary.v2+json";
    public const string JsonV2 = "application/vnd.kafka.json.v2+json";
    public const string TextV2 = "application/vnd.kafka.text.v2+json";

    /// <summary>Records whose schema is kept by a registry, of which there is none.</summary>
    public static IReadOnlyList<string> SchemaFormatsV2 { get; } =
        ["application/vnd.kafka.avro.v2+json", "application/vnd.kafka.jsonschema.v2+json", "application/vnd.kafka.protobuf.v2+json"];

    /// <summary>Record batches as they are stored (Kafka's format version 2), back to back.</summary>
    public const string RecordBatch = "application/vnd.managedlog.recordbatch";

    /// <summary>Server-sent events.</summary>
    public const string EventStream = "text/event-stream";

    /// <summary>Newline-delimited JSON.</summary>
    public const string Lines = "application/x-ndjson";

    /// <summary>What an answer of v2 without records may be asked for as. Clients send the record types everywhere, so they are taken too.</summary>
    public static IReadOnlyList<string> V2Answers { get; } = [V2, Json, BinaryV2, JsonV2, TextV2];

    public static IReadOnlyList<string> V3Answers { get; } = [Json];
}

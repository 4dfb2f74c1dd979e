using System.Text.Json.Serialization;

namespace ManagedLog.Proof.Rest;

/// <summary>One document of a v3 stream.</summary>
internal sealed record StreamedRecord([property: JsonPropertyName("partition_id")] int PartitionId, StreamedPart Key, StreamedPart Value)
{
    /// <summary>In ISO 8601; null: when it comes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Timestamp { get; init; }
}

/// <param name="Data">Null: nothing is stored.</param>
internal sealed record StreamedPart(string Type, string? Data);

/// <summary>What a v3 stream reports of one record: an error code of 200 and an offset, or another code.</summary>
internal sealed record StreamedReport([property: JsonPropertyName("error_code")] int ErrorCode, string? Message, long? Offset);

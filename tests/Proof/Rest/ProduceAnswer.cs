using System.Text.Json.Serialization;

namespace ManagedLog.Proof.Rest;

/// <summary>What a v2 produce answers; only what is used.</summary>
internal sealed record ProduceAnswer(IReadOnlyList<ProducedOffset> Offsets);

/// <summary>What became of one record: an offset or an error.</summary>
internal sealed record ProducedOffset(int? Partition, long? Offset, [property: JsonPropertyName("error_code")] int? ErrorCode, string? Error);

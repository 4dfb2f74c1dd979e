using System.Text.Json.Serialization;

namespace ManagedLog.Proof.Rest;

/// <summary>The body of a v2 produce in the binary format.</summary>
internal sealed record ProduceRequest(IReadOnlyList<ProduceRecord> Records);

/// <summary>One record to write.</summary>
/// <param name="Value">Null: a tombstone.</param>
internal sealed record ProduceRecord(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Value)
{
    /// <summary>In milliseconds since 1970; null: when it comes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Timestamp { get; init; }
}

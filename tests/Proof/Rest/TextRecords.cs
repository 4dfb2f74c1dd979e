using System.Text.Json.Serialization;

namespace ManagedLog.Proof.Rest;

/// <summary>The body of a v2 produce in the JSON format, of records whose keys and values are strings.</summary>
internal sealed record TextProduceRequest(IReadOnlyList<TextRecord> Records);

/// <summary>One record to write, or one that a fetch in the JSON format gave; only what is used.</summary>
internal sealed record TextRecord(string Key, string? Value)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Offset { get; init; }

    /// <summary>In milliseconds since 1970.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Timestamp { get; init; }
}

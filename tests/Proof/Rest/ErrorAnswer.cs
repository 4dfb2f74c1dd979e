using System.Text.Json.Serialization;

namespace ManagedLog.Proof.Rest;

/// <summary>The body of every refusal.</summary>
internal sealed record ErrorAnswer([property: JsonPropertyName("error_code")] int ErrorCode, string? Message);

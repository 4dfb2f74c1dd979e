using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.IdentityModel.Tokens;

namespace ManagedLog.Functions.Security.Tokens;

/// <summary>
/// What a token must look like before anything is done with it: three parts, signed, with a header that asks for nothing unknown, and no name twice in an object, because which
/// of two values counts would be a matter of who reads it.
/// </summary>
internal static class TokenForm
{
    /// <summary>In characters. Tokens of Entra ID have 1 to 2 KiB, and up to about 8 with very many roles.</summary>
    public const int MaxLength = 16 * 1024;

    public static readonly string[] Algorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];

    /// <summary><c>at+jwt</c> is RFC 9068's, for access tokens.</summary>
    public static readonly string[] Types = ["JWT", "at+jwt"];

    private const int MaxKid = 256;

    /// <summary>Of base64url without padding: what decoders forgive in addition would make two tokens of one.</summary>
    private static readonly SearchValues<char> s_characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>The key that it says it is signed with; null where it is no such token.</summary>
    public static string? ReadKid(string token)
    {
        if (token.Length > MaxLength || token.AsSpan().ContainsAnyExcept(s_characters))
            return null;
        var parts = token.Split('.', 4);
        if (parts.Length != 3 || parts[2].Length == 0)
            return null;
        using var header = Parse(parts[0]);
        using var payload = Parse(parts[1]);
        if (header is null || payload is null || payload.RootElement.ValueKind != JsonValueKind.Object)
            return null;
        var root = header.RootElement;
        if (root.ValueKind != JsonValueKind.Object || Text(root, "alg") is not { } algorithm || !Algorithms.Contains(algorithm, StringComparer.Ordinal))
            return null;

        // What must be understood to be valid, and is not (RFC 7515, 4.1.11).
        if (root.TryGetProperty("crit", out _))
            return null;
        return Text(root, "kid") is { Length: > 0 and <= MaxKid } kid ? kid : null;
    }

    private static JsonDocument? Parse(string part)
    {
        try
        {
            var bytes = Base64Url.DecodeFromChars(part);
            return Utf8.IsValid(bytes) ? JsonDocument.Parse(bytes, s_strict) : null;
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name)
    {
        try
        {
            return element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, written as an escape.
            return null;
        }
    }
}

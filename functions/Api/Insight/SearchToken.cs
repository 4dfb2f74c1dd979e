using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata;
using Microsoft.AspNetCore.WebUtilities;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>
/// Where a search goes on, as clients carry it from one step to the next: a position and a hash of the question, so that it is not taken for another one's.
/// </summary>
internal static class SearchToken
{
    private const int HashBytes = 8;

    public static string Write(SearchPosition position, ReadOnlySpan<byte> hash)
    {
        var bytes = new byte[HashBytes + SearchPosition.SizeInBytes];
        hash.CopyTo(bytes);
        position.Write(bytes.AsSpan(HashBytes));
        return Base64UrlTextEncoder.Encode(bytes);
    }

    public static bool TryRead(string token, ReadOnlySpan<byte> hash, [NotNullWhen(true)] out SearchPosition? position)
    {
        position = null;
        try
        {
            var bytes = Base64UrlTextEncoder.Decode(token).AsSpan();
            return bytes.Length > HashBytes && bytes[..HashBytes].SequenceEqual(hash) && SearchPosition.TryRead(bytes[HashBytes..], out position);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Of what is looked for, where, and in which order; not of how much a step may take.</summary>
    public static byte[] HashOf(SearchBody body, Topic topic)
    {
        string?[] parts =
        [
            topic.Id.ToString(), body.Text, Raw(body.Key), body.KeyBase64, body.Header?.Name, body.Header?.Value, body.Json?.Path, Raw(body.Json?.EqualTo), body.Json?.Contains,
            Number(body.PartitionId), body.AllPartitions == true ? "all" : null, Number(body.FromOffset), Number(body.ToOffset), Raw(body.FromTimestamp), Raw(body.ToTimestamp),
            body.Order == "newest" ? "newest" : null,
        ];
        var text = string.Concat(parts.Select(part => part is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{part.Length}:{part}")));
        return SHA256.HashData(Encoding.UTF8.GetBytes(text))[..HashBytes];
    }

    private static string? Raw(JsonElement? element) => element is { ValueKind: not JsonValueKind.Undefined } some ? some.GetRawText() : null;

    private static string? Number(long? number) => number?.ToString(CultureInfo.InvariantCulture);
}

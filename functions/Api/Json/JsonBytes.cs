using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace ManagedLog.Functions.Api.Json;

/// <summary>The bytes that a JSON string stands for.</summary>
internal static class JsonBytes
{
    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r\n"u8);

    /// <summary>Base64 with the standard alphabet and padding (RFC 4648, 4), nothing else between or around it. The reader stands on a string.</summary>
    public static bool TryReadBase64(ref Utf8JsonReader reader, Scratch scratch, [NotNullWhen(true)] out ReadOnlyMemory<byte>? bytes)
    {
        bytes = null;

        // Some serializers write the alphabet's solidus with an escape.
        if (reader.ValueIsEscaped)
            return TryReadText(ref reader, scratch, out var text) && TryDecode(text.Value.Span, scratch, out bytes);
        return TryDecode(reader.ValueSpan, scratch, out bytes);
    }

    /// <summary>The string's own text in UTF-8. False where it is no valid Unicode (half of a surrogate pair).</summary>
    public static bool TryReadText(ref Utf8JsonReader reader, Scratch scratch, [NotNullWhen(true)] out ReadOnlyMemory<byte>? bytes)
    {
        var target = scratch.Reserve(reader.ValueSpan.Length);
        try
        {
            bytes = scratch.Keep(reader.CopyString(target));
            return true;
        }
        catch (InvalidOperationException)
        {
            bytes = null;
            return false;
        }
    }

    private static bool TryDecode(ReadOnlySpan<byte> text, Scratch scratch, [NotNullWhen(true)] out ReadOnlyMemory<byte>? bytes)
    {
        bytes = null;
        if (text.ContainsAny(WhiteSpace))
            return false;
        var target = scratch.Reserve(Base64.GetMaxDecodedFromUtf8Length(text.Length));
        if (Base64.DecodeFromUtf8(text, target, out _, out var written) != OperationStatus.Done)
            return false;
        bytes = scratch.Keep(written);
        return true;
    }
}

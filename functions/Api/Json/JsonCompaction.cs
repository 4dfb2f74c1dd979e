using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace ManagedLog.Functions.Api.Json;

/// <summary>
/// The stored form of a JSON value: no white space between tokens; numbers exactly as given, so that none loses digits; strings with only those escapes that JSON
/// requires, so that one key has one form, whichever client wrote it.
/// </summary>
internal static class JsonCompaction
{
    /// <summary>A value without any of these is compact already.</summary>
    private static readonly SearchValues<byte> MayChange = SearchValues.Create(" \t\r\n\\"u8);

    /// <summary>
    /// Reads the value that the reader stands on and leaves the reader at its last token. What needs no change is a slice of <paramref name="source"/>, which is
    /// what the reader reads; the rest is written to <paramref name="scratch"/>. False: a string is no valid Unicode (half of a surrogate pair).
    /// </summary>
    public static bool TryRead(ref Utf8JsonReader reader, ReadOnlyMemory<byte> source, Scratch scratch, [NotNullWhen(true)] out ReadOnlyMemory<byte>? compact)
    {
        var start = (int)reader.TokenStartIndex;
        var isEscaped = reader.ValueIsEscaped;
        var isString = reader.TokenType == JsonTokenType.String;
        var end = reader;
        end.Skip();
        var text = source[start..(int)end.BytesConsumed];
        if (isString ? !isEscaped : !text.Span.ContainsAny(MayChange))
        {
            reader = end;
            compact = text;
            return true;
        }

        // The compact form is never longer than the text.
        var target = scratch.Reserve(text.Length);
        var length = 0;
        try
        {
            Write(ref reader, target, ref length);
        }
        catch (InvalidOperationException)
        {
            compact = null;
            return false;
        }

        compact = scratch.Keep(length);
        return true;
    }

    /// <summary>Whether these bytes are one JSON value, in valid UTF-8.</summary>
    public static bool IsValue(ReadOnlySpan<byte> bytes)
    {
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
            return false;
        var reader = new Utf8JsonReader(bytes, JsonForm.Reading);
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException)
        {
            return false;
        }

        return reader.BytesConsumed > 0 && reader.TokenType != JsonTokenType.None;
    }

    private static void Write(ref Utf8JsonReader reader, Span<byte> target, ref int length)
    {
        var depth = reader.CurrentDepth;
        var comma = false;
        do
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    target[length++] = reader.TokenType == JsonTokenType.EndObject ? (byte)'}' : (byte)']';
                    comma = true;
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    if (comma)
                        target[length++] = (byte)',';
                    target[length++] = reader.TokenType == JsonTokenType.StartObject ? (byte)'{' : (byte)'[';
                    comma = false;
                    break;
                case JsonTokenType.PropertyName:
                    if (comma)
                        target[length++] = (byte)',';
                    length += WriteString(ref reader, target[length..]);
                    target[length++] = (byte)':';
                    comma = false;
                    break;
                case JsonTokenType.String:
                    if (comma)
                        target[length++] = (byte)',';
                    length += WriteString(ref reader, target[length..]);
                    comma = true;
                    break;
                default:
                    if (comma)
                        target[length++] = (byte)',';
                    reader.ValueSpan.CopyTo(target[length..]);
                    length += reader.ValueSpan.Length;
                    comma = true;
                    break;
            }
        }
        while ((reader.CurrentDepth > depth || IsOpening(reader.TokenType)) && reader.Read());
    }

    private static bool IsOpening(JsonTokenType type) => type is JsonTokenType.StartObject or JsonTokenType.StartArray;

    private static int WriteString(ref Utf8JsonReader reader, Span<byte> target)
    {
        target[0] = (byte)'"';
        int length;
        if (reader.ValueIsEscaped)
        {
            length = 1 + JsonEscaping.Write(ref reader, target[1..]);
        }
        else
        {
            reader.ValueSpan.CopyTo(target[1..]);
            length = 1 + reader.ValueSpan.Length;
        }

        target[length] = (byte)'"';
        return length + 1;
    }
}

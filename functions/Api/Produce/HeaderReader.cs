using System.Text.Json;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Produce;

/// <summary>Reads a record's <c>headers</c>: an array of objects with <c>key</c> (v2's extension) or <c>name</c> (v3), and a base64 <c>value</c> or null. Both spellings are taken everywhere.</summary>
internal static class HeaderReader
{
    /// <summary>The reader stands on the array or on null. An error leaves it anywhere.</summary>
    public static ApiError? Read(ref Utf8JsonReader reader, Scratch scratch, out IReadOnlyList<RecordHeader> headers)
    {
        headers = [];
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType != JsonTokenType.StartArray)
            return FormErrors.Malformed("headers must be an array.");
        var list = new List<RecordHeader>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (list.Count == RecordLimits.MaxHeaders)
                return FormErrors.Malformed($"A record has at most {RecordLimits.MaxHeaders} headers.");
            if (ReadOne(ref reader, scratch, out var header) is { } error)
                return error;
            list.Add(header);
        }

        headers = list;
        return null;
    }

    private static ApiError? ReadOne(ref Utf8JsonReader reader, Scratch scratch, out RecordHeader header)
    {
        header = default;
        if (reader.TokenType != JsonTokenType.StartObject)
            return FormErrors.Malformed("Each of headers must be an object.");
        string? key = null;
        ReadOnlyMemory<byte>? value = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("key"u8) || reader.ValueTextEquals("name"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.String || !TryReadString(ref reader, out key))
                    return FormErrors.Malformed("A header's key must be a string.");
            }
            else if (reader.ValueTextEquals("value"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.Null
                    && (reader.TokenType != JsonTokenType.String || !JsonBytes.TryReadBase64(ref reader, scratch, out value)))
                    return FormErrors.Malformed("A header's value must be a base64 string (standard alphabet, padded) or null.");
            }
            else
            {
                return FormErrors.UnknownMember("A header", JsonNames.Of(ref reader));
            }
        }

        if (key is null)
            return FormErrors.Malformed("A header must have a key.");
        header = new RecordHeader(key, value);
        return null;
    }

    private static bool TryReadString(ref Utf8JsonReader reader, out string? text)
    {
        try
        {
            text = reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            text = null;
            return false;
        }
    }
}

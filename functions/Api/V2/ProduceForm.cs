using System.Text.Json;
using System.Text.Unicode;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.V2;

/// <summary>
/// Reads the body of a v2 produce straight into an <see cref="AppendPlan"/>:
/// <c>{"records":[{"key","value","partition","headers":[{"key","value"}],"timestamp"}]}</c>. For one body.
/// </summary>
/// <param name="pathPartition">Where records without a partition of their own go; null: by their key, or anywhere.</param>
internal sealed class ProduceForm(EmbeddedFormat format, AppendPlan plan, int? pathPartition)
{
    private readonly Scratch _scratch = new();

    /// <summary>Null when every record is in the plan. Otherwise why the request is refused as a whole; the plan is then to be thrown away.</summary>
    public ApiError? Read(ReadOnlyMemory<byte> body)
    {
        if (body.Span.Trim(" \t\r\n"u8).IsEmpty)
            return FormErrors.BodyMissing("""{"records":[{"value":…}]}""");
        if (!Utf8.IsValid(body.Span))
            return FormErrors.InvalidUtf8;
        var reader = new Utf8JsonReader(body.Span, JsonForm.Reading);
        try
        {
            var error = ReadRequest(ref reader, body);
            if (error is null)
                reader.Read();
            return error;
        }
        catch (JsonException exception)
        {
            return FormErrors.MalformedJson(exception);
        }
    }

    private ApiError? ReadRequest(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return FormErrors.Malformed("The body must be a JSON object.");
        var hasRecords = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("records"u8))
            {
                if (hasRecords)
                    return FormErrors.Malformed("records is there twice.");
                hasRecords = true;
                reader.Read();
                if (ReadRecords(ref reader, body) is { } error)
                    return error;
            }
            else if (reader.ValueTextEquals("key_schema"u8) || reader.ValueTextEquals("key_schema_id"u8)
                || reader.ValueTextEquals("value_schema"u8) || reader.ValueTextEquals("value_schema_id"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.Null)
                    return FormErrors.Unprocessable("Schemas are not supported: send JSON, binary or text records without schema members.");
            }
            else
            {
                return FormErrors.UnknownMember("The request", JsonNames.Of(ref reader));
            }
        }

        return hasRecords && plan.Records.Count > 0 ? null : FormErrors.Unprocessable("records is missing or empty; send at least one record.");
    }

    private ApiError? ReadRecords(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType != JsonTokenType.StartArray)
            return FormErrors.Malformed("records must be an array.");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                return FormErrors.Malformed($"Record {plan.Records.Count} must be an object.");
            if (ReadRecord(ref reader, body) is { } error)
                return error;
        }

        return null;
    }

    private ApiError? ReadRecord(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        _scratch.Clear();
        ReadOnlyMemory<byte>? key = null;
        ReadOnlyMemory<byte>? value = null;
        IReadOnlyList<RecordHeader> headers = [];
        var partition = pathPartition;
        var timestamp = plan.Now;
        var seen = Member.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = MemberOf(ref reader);
            if (member == Member.None)
                return FormErrors.UnknownMember($"Record {plan.Records.Count}", JsonNames.Of(ref reader));
            if ((seen & member) != 0)
                return FormErrors.Malformed($"Record {plan.Records.Count} has the member {JsonNames.Of(ref reader)} twice.");
            seen |= member;
            reader.Read();
            var isGood = member switch
            {
                Member.Key => TryReadEmbedded(ref reader, body, out key),
                Member.Value => TryReadEmbedded(ref reader, body, out value),
                Member.Partition => TryReadPartition(ref reader, ref partition),
                Member.Timestamp => TryReadTimestamp(ref reader, ref timestamp),
                _ => true,
            };
            if (!isGood)
                return FormErrors.Malformed($"Record {plan.Records.Count}: {Rule(member)}");
            if (member == Member.Headers && HeaderReader.Read(ref reader, _scratch, out headers) is { } error)
                return error with { Message = $"Record {plan.Records.Count}: {error.Message}" };
        }

        var refused = plan.Add(new ProducedRecord(timestamp, key, value, headers, partition));
        return refused is null ? null : refused with { Message = $"Record {plan.Records.Count}: {refused.Message}" };
    }

    private static Member MemberOf(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("value"u8) ? Member.Value
        : reader.ValueTextEquals("key"u8) ? Member.Key
        : reader.ValueTextEquals("partition"u8) ? Member.Partition
        : reader.ValueTextEquals("headers"u8) ? Member.Headers
        : reader.ValueTextEquals("timestamp"u8) ? Member.Timestamp
        : Member.None;

    private bool TryReadEmbedded(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, out ReadOnlyMemory<byte>? bytes)
    {
        bytes = null;
        if (reader.TokenType == JsonTokenType.Null)
            return true;
        return format switch
        {
            EmbeddedFormat.Json => JsonCompaction.TryRead(ref reader, body, _scratch, out bytes),
            EmbeddedFormat.Binary => reader.TokenType == JsonTokenType.String && JsonBytes.TryReadBase64(ref reader, _scratch, out bytes),
            EmbeddedFormat.Text => reader.TokenType == JsonTokenType.String && JsonBytes.TryReadText(ref reader, _scratch, out bytes),
            _ => throw new InvalidOperationException($"No such format: {format}."),
        };
    }

    private static bool TryReadPartition(ref Utf8JsonReader reader, ref int? partition)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return true;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var number))
            return false;
        partition = number;
        return true;
    }

    private static bool TryReadTimestamp(ref Utf8JsonReader reader, ref long timestamp)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return true;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
            return false;
        timestamp = number;
        return true;
    }

    private string Rule(Member member) => member switch
    {
        Member.Key or Member.Value when format == EmbeddedFormat.Json => "a string in its key or value is no valid Unicode.",
        Member.Key or Member.Value when format == EmbeddedFormat.Binary => "key and value must be base64 strings (standard alphabet, padded) or null.",
        Member.Key or Member.Value => "key and value must be strings of valid Unicode or null.",
        Member.Partition => "partition must be an integer.",
        _ => "timestamp must be milliseconds since 1970, not negative.",
    };

    [Flags]
    private enum Member
    {
        None = 0,
        Key = 1,
        Value = 2,
        Partition = 4,
        Headers = 8,
        Timestamp = 16,
    }
}

using System.Text.Json;
using System.Text.Unicode;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// Reads one record of v3: <c>{"partition_id","headers":[{"name","value"}],"key":{"type","data"},"value":{"type","data"},"timestamp"}</c>. What it gives out is valid
/// until it reads the next.
/// </summary>
internal sealed class RecordForm
{
    private readonly Scratch _scratch = new();
    private Member _seen;
    private ProducedRecord _record;

    /// <summary>The record that was read last, if that was a good one.</summary>
    public ProducedRecord Record => _record;

    public RecordPart Key { get; private set; }

    public RecordPart Value { get; private set; }

    /// <summary>In a batch a record has an <c>id</c> beside its other members, which whoever cuts the batch has read.</summary>
    public bool IsEntry { get; init; }

    /// <summary>Null: <see cref="Record"/> is there. Throws <see cref="JsonException"/> where the document is no JSON.</summary>
    /// <param name="now">The timestamp of a record that has none, in ms since 1970.</param>
    public ApiError? Read(ReadOnlyMemory<byte> document, long now)
    {
        _scratch.Clear();
        _seen = Member.None;
        _record = new ProducedRecord(now, null, null, [], null);
        Key = default;
        Value = default;
        if (!Utf8.IsValid(document.Span))
            return FormErrors.InvalidUtf8;
        var reader = new Utf8JsonReader(document.Span, JsonForm.Reading);
        var error = ReadMembers(ref reader, document);

        // An error in the form does not hide that what follows is no JSON.
        while (reader.Read())
        {
        }

        return error;
    }

    private ApiError? ReadMembers(ref Utf8JsonReader reader, ReadOnlyMemory<byte> document)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return FormErrors.Malformed("A record must be a JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (ReadMember(ref reader, document) is { } error)
                return error;
        }

        return null;
    }

    private ApiError? ReadMember(ref Utf8JsonReader reader, ReadOnlyMemory<byte> document)
    {
        var name = JsonNames.Of(ref reader);
        var member = MemberOf(ref reader);
        if (member == Member.None)
            return FormErrors.Malformed($"A record has no member \"{name}\".");
        if ((_seen & member) != 0)
            return FormErrors.Malformed($"The record has the member {name} twice.");
        _seen |= member;
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        switch (member)
        {
            case Member.Id:
                reader.Skip();
                return null;
            case Member.Partition:
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var partition))
                    return FormErrors.Malformed("partition_id must be an integer.");
                _record = _record with { Partition = partition };
                return null;
            case Member.Timestamp:
                if (!Timestamps.TryRead(ref reader, out var timestamp))
                    return FormErrors.Malformed("timestamp must be a string in ISO 8601, from 1970 on, for instance 2026-01-31T23:59:59.999Z.");
                _record = _record with { Timestamp = timestamp };
                return null;
            case Member.Headers:
                var error = HeaderReader.Read(ref reader, _scratch, out var headers);
                _record = _record with { Headers = headers };
                return error is null ? null : FormErrors.Malformed(error.Message);
            case Member.Key:
                var keyError = RecordPartReader.Read(ref reader, document, _scratch, "key", out var key, out var keyPart);
                _record = _record with { Key = key };
                Key = keyPart;
                return keyError;
            default:
                var valueError = RecordPartReader.Read(ref reader, document, _scratch, "value", out var value, out var valuePart);
                _record = _record with { Value = value };
                Value = valuePart;
                return valueError;
        }
    }

    private Member MemberOf(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("value"u8) ? Member.Value
        : reader.ValueTextEquals("key"u8) ? Member.Key
        : reader.ValueTextEquals("partition_id"u8) ? Member.Partition
        : reader.ValueTextEquals("headers"u8) ? Member.Headers
        : reader.ValueTextEquals("timestamp"u8) ? Member.Timestamp
        : IsEntry && reader.ValueTextEquals("id"u8) ? Member.Id
        : Member.None;

    [Flags]
    private enum Member
    {
        None = 0,
        Key = 1,
        Value = 2,
        Partition = 4,
        Headers = 8,
        Timestamp = 16,
        Id = 32,
    }
}

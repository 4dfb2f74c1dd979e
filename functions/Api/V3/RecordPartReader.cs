using System.Text.Json;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Json;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Reads a key or a value of v3: <c>{"type":"BINARY"|"JSON"|"STRING","data":…}</c>. The two members come in any order, so the data is read when the type is known.</summary>
internal static class RecordPartReader
{
    private const string Types = "BINARY (data is a base64 string), JSON (any value) or STRING";

    /// <summary>The reader stands on the value of the member <paramref name="name"/>; an error leaves it anywhere. Data that is missing or null gives no bytes.</summary>
    public static ApiError? Read(
        ref Utf8JsonReader reader, ReadOnlyMemory<byte> document, Scratch scratch, string name, out ReadOnlyMemory<byte>? bytes, out RecordPart part)
    {
        bytes = null;
        part = default;
        if (reader.TokenType != JsonTokenType.StartObject)
            return FormErrors.Malformed($"{name} must be an object with type and data.");
        var type = RecordPartType.None;
        var data = default(Utf8JsonReader);
        var hasType = false;
        var hasData = false;
        string? schema = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                hasType = reader.TokenType != JsonTokenType.Null;
                if (hasType && !TryReadType(ref reader, out type))
                {
                    return IsSchemaType(ref reader)
                        ? Unsupported(name, $"this type of {name} needs a schema, and schemas are not supported")
                        : FormErrors.Malformed($"{name}: the type must be {Types}.");
                }
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                hasData = reader.TokenType != JsonTokenType.Null;
                data = reader;
                reader.Skip();
            }
            else if (IsSchemaMember(ref reader))
            {
                var member = JsonNames.Of(ref reader);
                reader.Read();
                schema = reader.TokenType == JsonTokenType.Null ? schema : member;
                reader.Skip();
            }
            else
            {
                return FormErrors.Malformed($"{name} has no member \"{JsonNames.Of(ref reader)}\".");
            }
        }

        if (!hasType)
            return Unsupported(name, $"{name} has no type, and schemas, which could stand for it, are not supported");
        if (schema is not null)
            return FormErrors.Malformed($"{name}: type and {schema} exclude each other.");
        if (hasData && !TryReadData(ref data, type, document, scratch, out bytes))
            return FormErrors.Malformed($"{name}: the data is not {type switch { RecordPartType.Binary => "a base64 string (standard alphabet, padded)", RecordPartType.String => "a string of valid Unicode", _ => "valid Unicode" }}.");
        part = new RecordPart(type, bytes?.Length ?? 0);
        return null;
    }

    private static bool TryReadType(ref Utf8JsonReader reader, out RecordPartType type)
    {
        type = RecordPartType.None;
        if (reader.TokenType != JsonTokenType.String)
            return false;
        if (reader.ValueTextEquals("JSON"u8))
            type = RecordPartType.Json;
        else if (reader.ValueTextEquals("BINARY"u8))
            type = RecordPartType.Binary;
        else if (reader.ValueTextEquals("STRING"u8))
            type = RecordPartType.String;
        return type != RecordPartType.None;
    }

    private static bool IsSchemaType(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && (reader.ValueTextEquals("AVRO"u8) || reader.ValueTextEquals("JSONSCHEMA"u8) || reader.ValueTextEquals("PROTOBUF"u8));

    private static bool IsSchemaMember(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("subject"u8) || reader.ValueTextEquals("subject_name_strategy"u8) || reader.ValueTextEquals("schema_id"u8)
        || reader.ValueTextEquals("schema_version"u8) || reader.ValueTextEquals("schema"u8);

    private static bool TryReadData(ref Utf8JsonReader data, RecordPartType type, ReadOnlyMemory<byte> document, Scratch scratch, out ReadOnlyMemory<byte>? bytes)
    {
        bytes = null;
        return type switch
        {
            RecordPartType.Json => JsonCompaction.TryRead(ref data, document, scratch, out bytes),
            RecordPartType.Binary => data.TokenType == JsonTokenType.String && JsonBytes.TryReadBase64(ref data, scratch, out bytes),
            RecordPartType.String => data.TokenType == JsonTokenType.String && JsonBytes.TryReadText(ref data, scratch, out bytes),
            _ => throw new InvalidOperationException($"No such type: {type}."),
        };
    }

    /// <summary>42201 for keys and 42202 for values, as for schema formats without a schema.</summary>
    private static ApiError Unsupported(string name, string what) => new(422, name == "key" ? 42201 : 42202, $"Use one of the types {Types}: {what}.");
}

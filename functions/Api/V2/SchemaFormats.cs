using System.Text.Json;
using System.Text.Unicode;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Json;

namespace ManagedLog.Functions.Api.V2;

/// <summary>
/// Why a produce in a schema format (Avro, JSON Schema, Protobuf) is refused: always, because there is no schema registry; but first for what is wrong with it by itself,
/// with the codes that clients of other proxies know.
/// </summary>
internal static class SchemaFormats
{
    public static ApiError Refuse(ReadOnlyMemory<byte> body)
    {
        if (body.Span.Trim(" \t\r\n"u8).IsEmpty)
            return FormErrors.BodyMissing("""{"records":[{"value":…}]}""");
        if (!Utf8.IsValid(body.Span))
            return FormErrors.InvalidUtf8;
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = JsonForm.MaxDepth });
            return Refuse(document.RootElement);
        }
        catch (JsonException exception)
        {
            return FormErrors.MalformedJson(exception);
        }
    }

    private static ApiError Refuse(JsonElement request)
    {
        if (request.ValueKind != JsonValueKind.Object)
            return FormErrors.Malformed("The body must be a JSON object.");
        if (!IsGiven(request, "records", out var records))
            return FormErrors.Unprocessable("records is missing or empty; send at least one record.");
        if (records.ValueKind != JsonValueKind.Array || records.EnumerateArray().Any(record => record.ValueKind != JsonValueKind.Object))
            return FormErrors.Malformed("records must be an array of objects.");
        if (records.GetArrayLength() == 0)
            return FormErrors.Unprocessable("records is missing or empty; send at least one record.");
        if (LacksSchema(request, records, "key"))
            return new ApiError(422, 42201, "There are keys, but neither key_schema nor key_schema_id.");
        return LacksSchema(request, records, "value")
            ? new ApiError(422, 42202, "There are values, but neither value_schema nor value_schema_id.")
            : FormErrors.Unprocessable("There is no schema registry: send JSON, binary or text records without schemas. Nothing was appended.");
    }

    private static bool LacksSchema(JsonElement request, JsonElement records, string part) =>
        !IsGiven(request, part + "_schema", out _) && !IsGiven(request, part + "_schema_id", out _) && records.EnumerateArray().Any(record => IsGiven(record, part, out _));

    private static bool IsGiven(JsonElement of, string name, out JsonElement value) => of.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
}

using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Azure;

namespace ManagedLog.AzureStorage.Tables;

/// <summary>Entities as JSON. A property's type stands beside it (<c>name@odata.type</c>) where JSON alone would not tell it.</summary>
/// <remarks>learn.microsoft.com/rest/api/storageservices/payload-format-for-table-service-operations, "Property types in a JSON feed".</remarks>
internal static class EntityJson
{
    private const string TypeSuffix = "@odata.type";

    // As few escapes as JSON allows: they would count against the limits of an entity and of a transaction.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> WriteTable(string name)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("TableName", name);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Write(TableEntity entity)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        Write(entity, buffer);
        return buffer.WrittenMemory;
    }

    public static void Write(TableEntity entity, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, Options);
        writer.WriteStartObject();
        writer.WriteString("PartitionKey", entity.PartitionKey);
        writer.WriteString("RowKey", entity.RowKey);
        foreach (var (name, value) in entity)
            Write(writer, name, value);
        writer.WriteEndObject();
    }

    /// <exception cref="JsonException">Not JSON.</exception>
    /// <exception cref="InvalidDataException">Not an entity.</exception>
    public static TableEntity Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return Read(document.RootElement);
    }

    public static IReadOnlyList<TableEntity> ReadPage(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("value", out var values) || values.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException("The answer to a query holds no entities.");
        var entities = new List<TableEntity>(values.GetArrayLength());
        foreach (var value in values.EnumerateArray())
            entities.Add(Read(value));
        return entities;
    }

    private static void Write(Utf8JsonWriter writer, string name, object value)
    {
        switch (value)
        {
            case string text:
                writer.WriteString(name, text);
                break;
            case bool flag:
                writer.WriteBoolean(name, flag);
                break;
            case int number:
                writer.WriteNumber(name, number);
                break;
            case long number:
                writer.WriteString(name + TypeSuffix, "Edm.Int64");
                writer.WriteString(name, number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                writer.WriteString(name + TypeSuffix, "Edm.Double");
                if (double.IsFinite(number))
                    writer.WriteNumber(name, number);
                else
                    writer.WriteString(name, double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
                break;
            case byte[] bytes:
                writer.WriteString(name + TypeSuffix, "Edm.Binary");
                writer.WriteBase64String(name, bytes);
                break;
            default:
                throw new ArgumentException($"An entity cannot hold a {value.GetType().Name}.", nameof(value));
        }
    }

    private static TableEntity Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException("An entity is not an object.");
        var entity = new TableEntity(Required(json, "PartitionKey"), Required(json, "RowKey"))
        {
            ETag = new ETag(Required(json, "odata.etag")),
            Timestamp = DateTimeOffset.Parse(Required(json, "Timestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
        };
        foreach (var property in json.EnumerateObject())
        {
            if (property.Name is "PartitionKey" or "RowKey" or "Timestamp" || property.Name.StartsWith("odata.", StringComparison.Ordinal)
                || property.Name.EndsWith(TypeSuffix, StringComparison.Ordinal))
                continue;
            var type = json.TryGetProperty(property.Name + TypeSuffix, out var annotation) ? annotation.GetString() : null;
            entity[property.Name] = Read(property.Name, property.Value, type);
        }

        return entity;
    }

    private static object Read(string name, JsonElement value, string? type) => (type, value.ValueKind) switch
    {
        ("Edm.Int64", JsonValueKind.String) => long.Parse(value.GetString()!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
        ("Edm.Binary", JsonValueKind.String) => value.GetBytesFromBase64(),
        ("Edm.Double", JsonValueKind.String) => double.Parse(value.GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture),
        ("Edm.Double", JsonValueKind.Number) => value.GetDouble(),

        // Without a type, a number with neither point nor exponent is an Int32.
        (null or "Edm.Int32", JsonValueKind.Number) => value.TryGetInt32(out var number) ? (object)number : value.GetDouble(),
        (null or "Edm.Boolean", JsonValueKind.True or JsonValueKind.False) => value.GetBoolean(),
        (null or "Edm.String", JsonValueKind.String) => value.GetString()!,
        _ => throw new InvalidDataException($"Property '{name}' is of a type that we do not write: {type ?? value.ValueKind.ToString()}."),
    };

    private static string Required(JsonElement entity, string name) => entity.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new InvalidDataException($"An entity has no {name}.");
}

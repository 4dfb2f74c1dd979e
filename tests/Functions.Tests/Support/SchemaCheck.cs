using System.Text.Json;
using System.Text.Json.Nodes;

namespace ManagedLog.Functions.Tests.Support;

/// <summary>
/// Holds JSON against a schema of an OpenAPI document: the few keywords that ours uses, and an error for any other. Objects are closed unless the schema says otherwise, so
/// that a member that is not described is found.
/// </summary>
internal sealed class SchemaCheck(JsonNode document)
{
    private static readonly string[] Known = ["$ref", "type", "properties", "required", "items", "additionalProperties", "enum", "const", "description", "examples"];

    /// <summary>Null: it conforms. Otherwise where it does not, and why.</summary>
    public string? FindDefect(JsonNode? value, JsonObject schema, string at = "$")
    {
        if (schema.FirstOrDefault(keyword => !Known.Contains(keyword.Key)).Key is { } unknown)
            return $"{at}: the schema has the keyword {unknown}, which is not known here";
        if ((string?)schema["$ref"] is { } reference)
            return FindDefect(value, Resolve(reference), at);
        if (schema["type"] is { } type && !TypesOf(type).Any(name => IsOf(value, name)))
            return $"{at}: {value?.ToJsonString() ?? "null"} is not {type.ToJsonString()}";
        if (schema["const"] is { } constant && !JsonNode.DeepEquals(constant, value))
            return $"{at}: {value?.ToJsonString()} is not {constant.ToJsonString()}";
        if (schema["enum"] is JsonArray values && !values.Any(one => JsonNode.DeepEquals(one, value)))
            return $"{at}: {value?.ToJsonString()} is not one of {values.ToJsonString()}";
        return value switch
        {
            JsonObject members when schema["type"] is not null => FindDefect(members, schema, at),
            JsonArray items when schema["items"] is JsonObject each => items.Select((item, index) => FindDefect(item, each, $"{at}[{index}]")).FirstOrDefault(defect => defect is not null),
            _ => null,
        };
    }

    public JsonObject Resolve(string reference)
    {
        var node = document;
        foreach (var part in reference.TrimStart('#', '/').Split('/'))
            node = node[part] ?? throw new InvalidOperationException($"{reference} leads nowhere.");
        return node.AsObject();
    }

    private string? FindDefect(JsonObject members, JsonObject schema, string at)
    {
        foreach (var name in schema["required"]?.AsArray() ?? [])
        {
            if (!members.ContainsKey((string)name!))
                return $"{at}: {name} is missing";
        }

        foreach (var (name, value) in members)
        {
            if ((schema["properties"]?[name] ?? schema["additionalProperties"]) is not JsonObject described)
                return $"{at}: {name} is not described";
            if (FindDefect(value, described, $"{at}.{name}") is { } defect)
                return defect;
        }

        return null;
    }

    private static IEnumerable<string> TypesOf(JsonNode type) => type is JsonArray several ? several.Select(one => (string)one!) : [(string)type!];

    private static bool IsOf(JsonNode? value, string type) => type switch
    {
        "null" => value is null,
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() == JsonValueKind.String,
        "boolean" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        "integer" => value?.GetValueKind() == JsonValueKind.Number && decimal.IsInteger(value.GetValue<decimal>()),
        "number" => value?.GetValueKind() == JsonValueKind.Number,
        _ => throw new InvalidOperationException($"No such type: {type}."),
    };
}

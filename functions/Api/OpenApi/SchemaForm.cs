using System.Text.Json.Nodes;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>Builds JSON schemas (draft 2020-12, which OpenAPI 3.1 uses).</summary>
internal static class SchemaForm
{
    public static JsonObject Text(string? description = null, string? example = null) => Make("string", description, example);

    public static JsonObject Integer(string? description = null, long? example = null) => Make("integer", description, example);

    public static JsonObject Number(string? description = null) => Make("number", description, null);

    public static JsonObject Boolean(string? description = null) => Make("boolean", description, null);

    public static JsonObject Const(string value) => new() { ["type"] = "string", ["const"] = value };

    public static JsonObject OneOf(params string[] values) => new() { ["type"] = "string", ["enum"] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]) };

    /// <summary>Any JSON value.</summary>
    public static JsonObject Any(string description) => new() { ["description"] = description };

    public static JsonObject Nullable(JsonObject schema)
    {
        schema["type"] = new JsonArray(schema["type"]!.DeepClone(), "null");
        return schema;
    }

    public static JsonObject Ref(string name) => new() { ["$ref"] = "#/components/schemas/" + name };

    public static JsonObject List(JsonObject items) => new() { ["type"] = "array", ["items"] = items };

    /// <summary>By names that are data.</summary>
    public static JsonObject Map(JsonObject values) => new() { ["type"] = "object", ["additionalProperties"] = values };

    /// <summary>A member whose name ends with a question mark may be left out.</summary>
    public static JsonObject Object(params (string Name, JsonObject Schema)[] members)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var (name, schema) in members)
        {
            properties[name.TrimEnd('?')] = schema;
            if (!name.EndsWith('?'))
                required.Add(name);
        }

        var made = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (required.Count > 0)
            made["required"] = required;
        return made;
    }

    /// <summary>A resource of v3: its kind, where it is, its cluster, its members, and links to what belongs to it.</summary>
    public static JsonObject Resource(string kind, (string Name, JsonObject Schema)[] members, params string[] relations) => Object(
    [
        ("kind", Const(kind)),
        ("metadata", Object(("self", Text()), ("resource_name", Text()))),
        ("cluster_id", Text()),
        .. members,
        .. relations.Select(relation => (relation, Object(("related", Text())))),
    ]);

    /// <summary>A list of v3's resources.</summary>
    public static JsonObject ResourceList(string item) => Object(
        ("kind", Const(item + "List")),
        ("metadata", Object(("self", Text()), ("next", Nullable(Text("The next page; null: this is the last, or the list was given whole."))))),
        ("data", List(Ref(item))));

    private static JsonObject Make(string type, string? description, JsonNode? example)
    {
        var schema = new JsonObject { ["type"] = type };
        if (description is not null)
            schema["description"] = description;
        if (example is not null)
            schema["examples"] = new JsonArray(example);
        return schema;
    }
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>Writes <see cref="Operations"/> as an OpenAPI 3.1 document.</summary>
internal static partial class OpenApiDocument
{
    private const string Intro =
        "A log with the REST API v2 and v3 of Kafka's REST proxies. Everything under /v3 is also under /kafka/v3. Every error is {\"error_code\", \"message\"}.";

    /// <param name="url">Where the client reaches the service.</param>
    /// <param name="cluster">Its id, so that the examples are ready to be sent; null: not known yet.</param>
    public static JsonObject Make(string url, string? cluster)
    {
        var paths = new JsonObject();
        foreach (var operation in Operations.All)
        {
            if (paths[operation.Path] is not JsonObject path)
                paths[operation.Path] = path = [];
            path[operation.Method.ToLowerInvariant()] = Describe(operation, cluster);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "ManagedLog", ["version"] = "1", ["description"] = Intro },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = url }),
            ["tags"] = new JsonArray([.. Operations.All.Select(operation => operation.Tag).Distinct().Select(tag => new JsonObject { ["name"] = tag })]),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = Schemas(), ["securitySchemes"] = SecurityOperations.Schemes },
            ["security"] = SecurityOperations.Required,
        };
    }

    /// <summary>The names in a path, in their order.</summary>
    public static IEnumerable<string> NamesIn(string path) => NameInPath().Matches(path).Select(match => match.Groups[1].Value);

    /// <summary>Path and query of the operation's example.</summary>
    public static string ExampleOf(Operation operation, string cluster)
    {
        var path = NameInPath().Replace(operation.Path, match => match.Groups[1].Value == "cluster" ? cluster : Operations.PathParameters[match.Groups[1].Value].Example);
        var query = operation.Parameters.Where(parameter => parameter is { In: "query", Example: not null }).Select(parameter => $"{parameter.Name}={parameter.Example}").ToList();
        return query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
    }

    private static JsonObject Schemas()
    {
        var schemas = new JsonObject();
        foreach (var (name, schema) in Operations.Schemas)
            schemas.Add(name, schema);
        return schemas;
    }

    private static JsonObject Describe(Operation operation, string? cluster)
    {
        var described = new JsonObject { ["operationId"] = operation.Id, ["tags"] = new JsonArray(operation.Tag), ["summary"] = operation.Summary };
        if (operation.Description is not null)
            described["description"] = operation.Description;
        var parameters = NamesIn(operation.Path).Select(name => OfPath(name, cluster)).Concat(operation.Parameters.Select(Describe)).ToArray();
        if (parameters.Length > 0)
            described["parameters"] = new JsonArray(parameters);
        if (operation.Bodies.Count > 0)
            described["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(operation.Bodies) };
        if (operation.IsOpen)
            described["security"] = new JsonArray();
        described["responses"] = Responses(operation);
        return described;
    }

    private static JsonObject OfPath(string name, string? cluster)
    {
        var (description, example) = Operations.PathParameters[name];
        return Describe(new Parameter(name, "path", name is "partition" or "broker" ? "integer" : "string", description, name == "cluster" ? cluster : example, IsRequired: true));
    }

    private static JsonObject Describe(Parameter parameter)
    {
        var described = new JsonObject
        {
            ["name"] = parameter.Name,
            ["in"] = parameter.In,
            ["description"] = parameter.Description,
            ["required"] = parameter.IsRequired,
            ["schema"] = new JsonObject { ["type"] = parameter.Type },
        };
        if (parameter.Example is { } example)
            described["example"] = parameter.Type == "integer" ? JsonNode.Parse(example) : example;
        return described;
    }

    private static JsonObject Content(IReadOnlyList<BodyForm> bodies)
    {
        var content = new JsonObject();
        foreach (var body in bodies)
        {
            var media = new JsonObject { ["schema"] = SchemaOf(body.Schema, body.MediaType) };
            if (body.Example is { } example)
                media["example"] = JsonNode.Parse(example);
            content[body.MediaType] = media;
        }

        return content;
    }

    private static JsonObject Responses(Operation operation)
    {
        var responses = new JsonObject();
        foreach (var answers in operation.Answers.GroupBy(answer => answer.Status))
        {
            var content = new JsonObject();
            foreach (var answer in answers.Where(answer => answer.MediaType is not null))
                content[answer.MediaType!] = new JsonObject { ["schema"] = SchemaOf(answer.Schema, answer.MediaType!) };
            responses[$"{answers.Key}"] = Response(string.Join(" Or: ", answers.Select(answer => answer.Description)), content);
        }

        foreach (var status in operation.IsOpen ? operation.Errors : operation.Errors.Concat([401, 403]).Distinct())
            responses[$"{status}"] = Response(Operations.Meaning(status), new JsonObject { [MediaTypes.Json] = new JsonObject { ["schema"] = SchemaForm.Ref("Error") } });
        responses["default"] = Response("Any other error, among them 429 (over a quota) and 503 (too much at once), with Retry-After and without an effect.", new JsonObject { [MediaTypes.Json] = new JsonObject { ["schema"] = SchemaForm.Ref("Error") } });
        return responses;
    }

    private static JsonObject Response(string description, JsonObject content)
    {
        var response = new JsonObject { ["description"] = description };
        if (content.Count > 0)
            response["content"] = content;
        return response;
    }

    private static JsonObject SchemaOf(string? name, string mediaType) =>
        name is not null ? SchemaForm.Ref(name) : mediaType == MediaTypes.Json ? new JsonObject { ["type"] = "object" } : new JsonObject { ["type"] = "string" };

    [GeneratedRegex(@"\{([a-z_]+)\}")]
    private static partial Regex NameInPath();
}

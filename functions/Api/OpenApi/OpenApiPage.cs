using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>Writes <see cref="Operations"/> as one page that needs nothing else: no script, no font, no other server.</summary>
internal sealed class OpenApiPage(string url, string cluster)
{
    private const string Style = """
        :root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #0b6bcb; }
        @media (prefers-color-scheme: dark) { :root { --accent: #6db3f8; } }
        * { box-sizing: border-box; }
        body { font: 15px/1.5 system-ui, sans-serif; margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
        nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); font-size: 13px; }
        nav a { display: block; padding: .1rem .4rem; text-decoration: none; color: inherit; border-radius: 4px; }
        nav a:hover { background: var(--soft); }
        nav h2 { font-size: 12px; text-transform: uppercase; letter-spacing: .05em; margin: 1.2rem .4rem .3rem; opacity: .7; }
        main { padding: 1.5rem 2.5rem 6rem; max-width: 60rem; }
        h1 { margin: 0 0 .5rem; } main > h2 { margin: 3rem 0 .5rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
        section { border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1.1rem; margin: 1rem 0; }
        section:target { border-color: var(--accent); }
        h3 { margin: 0; font-size: 15px; font-weight: 600; }
        .path { font-family: ui-monospace, monospace; font-size: 13.5px; overflow-wrap: anywhere; }
        .method { display: inline-block; min-width: 4.2em; font-weight: 700; color: var(--accent); }
        code, pre { font-family: ui-monospace, monospace; font-size: 13px; }
        pre { background: var(--soft); padding: .7rem .9rem; border-radius: 6px; overflow-x: auto; margin: .6rem 0; }
        table { border-collapse: collapse; width: 100%; margin: .6rem 0; font-size: 14px; }
        th { text-align: left; font-weight: 600; } td, th { padding: .25rem .8rem .25rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
        td:first-child { white-space: nowrap; width: 11rem; } .answers td:first-child { width: 4.5rem; } td:nth-child(3) { width: 45%; } p { margin: .5rem 0; } a { color: var(--accent); } summary { cursor: pointer; }
        @media (max-width: 55rem) { body { display: block; } nav { position: static; height: auto; border: 0; } main { padding: 1rem; } }
        """;

    private readonly StringBuilder _html = new();

    public string Write()
    {
        _html.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>ManagedLog: REST interface</title>\n<style>\n")
            .Append(Style).Append("\n</style>\n</head>\n<body>\n");
        WriteNavigation();
        _html.Append("<main>\n<h1>ManagedLog: REST interface</h1>\n<p>A log with the REST API v2 and v3 of Kafka's REST proxies. Everything under <code>/v3</code> is also under <code>/kafka/v3</code>. ")
            .Append("Every error is <code>{\"error_code\", \"message\"}</code>. For programs: <a href=\"").Append(Text(url)).Append("/openapi/v1.json\">OpenAPI 3.1</a>.</p>\n");
        foreach (var tag in Tags())
        {
            _html.Append("<h2 id=\"").Append(Anchor(tag.Key)).Append("\">").Append(Text(tag.Key)).Append("</h2>\n");
            foreach (var operation in tag)
                WriteOperation(operation);
        }

        WriteSchemas();
        return _html.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private void WriteNavigation()
    {
        _html.Append("<nav>\n");
        foreach (var tag in Tags())
        {
            _html.Append("<h2>").Append(Text(tag.Key)).Append("</h2>\n");
            foreach (var operation in tag)
                _html.Append("<a href=\"#").Append(operation.Id).Append("\">").Append(Text(operation.Summary)).Append("</a>\n");
        }

        _html.Append("<h2>Schemas</h2>\n<a href=\"#schemas\">All schemas</a>\n</nav>\n");
    }

    private void WriteOperation(Operation operation)
    {
        _html.Append("<section id=\"").Append(operation.Id).Append("\">\n<h3>").Append(Text(operation.Summary)).Append("</h3>\n<div class=\"path\"><span class=\"method\">")
            .Append(operation.Method).Append("</span>").Append(Text(operation.Path)).Append("</div>\n");
        if (operation.Description is { } description)
            _html.Append("<p>").Append(Text(description)).Append("</p>\n");
        WriteParameters(operation);
        _html.Append("<pre>").Append(Text(Curl(operation))).Append("</pre>\n<table class=\"answers\">\n<tr><th>Status</th><th></th><th>Body</th></tr>\n");
        foreach (var answer in operation.Answers)
            WriteAnswer(answer.Status, answer.Description, answer.MediaType, answer.Schema);
        foreach (var status in operation.Errors)
            WriteAnswer(status, Operations.Meaning(status), null, "Error");
        _html.Append("</table>\n</section>\n");
    }

    private void WriteParameters(Operation operation)
    {
        if (operation.Parameters.Count == 0)
            return;
        _html.Append("<table>\n<tr><th>Parameter</th><th></th></tr>\n");
        foreach (var parameter in operation.Parameters)
        {
            _html.Append("<tr><td><code>").Append(Text(parameter.Name)).Append("</code>").Append(parameter.In == "header" ? " (header)" : "").Append("</td><td>")
                .Append(Text(parameter.Description)).Append("</td></tr>\n");
        }

        _html.Append("</table>\n");
    }

    private void WriteAnswer(int status, string description, string? mediaType, string? schema)
    {
        _html.Append("<tr><td>").Append(status).Append("</td><td>").Append(Text(description)).Append("</td><td>");
        if (schema is not null)
            _html.Append("<a href=\"#schema-").Append(schema).Append("\">").Append(schema).Append("</a> ");
        if (mediaType is not null)
            _html.Append("<code>").Append(Text(mediaType)).Append("</code>");
        _html.Append("</td></tr>\n");
    }

    /// <summary>Ready to be pasted: with this service's address and cluster.</summary>
    private string Curl(Operation operation)
    {
        var line = new StringBuilder("curl ");
        if (operation.Method != "GET")
            line.Append("-X ").Append(operation.Method).Append(' ');
        line.Append('\'').Append(url).Append(OpenApiDocument.ExampleOf(operation, cluster)).Append('\'');
        if (operation.Answers.Count > 0 && operation.Bodies.Count == 0 && operation.Answers[0].MediaType is { } accepted && accepted.StartsWith("application/vnd.kafka", StringComparison.Ordinal))
            line.Append(" \\\n  -H 'Accept: ").Append(accepted).Append('\'');
        if (operation.Bodies is [{ Example: { } example } body, ..])
            line.Append(" \\\n  -H 'Content-Type: ").Append(body.MediaType).Append("' \\\n  -d '").Append(example).Append('\'');
        return line.ToString();
    }

    private void WriteSchemas()
    {
        _html.Append("<h2 id=\"schemas\">Schemas</h2>\n");
        foreach (var (name, schema) in Operations.Schemas.OrderBy(schema => schema.Name, StringComparer.Ordinal))
        {
            _html.Append("<section id=\"schema-").Append(name).Append("\">\n<h3>").Append(name).Append("</h3>\n<table>\n");
            WriteMembers(schema, "");
            _html.Append("</table>\n</section>\n");
        }
    }

    /// <summary>A row for each member, those of objects within with their path.</summary>
    private void WriteMembers(JsonObject schema, string prefix)
    {
        if (schema["items"] is JsonObject items)
        {
            if (prefix.Length == 0)
                _html.Append("<tr><td>each</td><td>").Append(TypeOf(items)).Append("</td></tr>\n");
            WriteMembers(items, prefix.Length == 0 ? "" : prefix);
        }

        if (schema["properties"] is not JsonObject properties)
            return;
        var required = schema["required"]?.AsArray().Select(name => (string)name!).ToHashSet() ?? [];
        foreach (var (name, node) in properties)
        {
            var member = node!.AsObject();
            _html.Append("<tr><td><code>").Append(Text(prefix + name)).Append("</code>").Append(required.Contains(name) ? "" : " (optional)").Append("</td><td>").Append(TypeOf(member));
            if ((string?)member["description"] is { } description)
                _html.Append(" &middot; ").Append(Text(description));
            _html.Append("</td></tr>\n");
            WriteMembers(member, $"{prefix}{name}{(member["items"] is null ? "" : "[]")}.");
        }
    }

    private static string TypeOf(JsonObject schema)
    {
        if ((string?)schema["$ref"] is { } reference && reference[(reference.LastIndexOf('/') + 1)..] is var name)
            return $"<a href=\"#schema-{name}\">{name}</a>";
        if (schema["const"] is { } constant)
            return Text(constant.ToJsonString());
        if (schema["enum"] is JsonArray values)
            return Text(string.Join(" | ", values.Select(value => (string)value!)));
        if (schema["items"] is JsonObject items)
            return "list of " + TypeOf(items);
        return schema["type"] switch
        {
            JsonArray types => Text(string.Join(" or ", types.Select(type => (string)type!))),
            JsonValue type => Text((string)type!),
            _ => "any",
        };
    }

    private static IEnumerable<IGrouping<string, Operation>> Tags() => Operations.All.GroupBy(operation => operation.Tag);

    private static string Anchor(string tag) => new([.. tag.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}

using System.Text.Json.Nodes;
using ManagedLog.Functions.Api.Http;
using static ManagedLog.Functions.Api.OpenApi.SchemaForm;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>API keys, and how callers say who they are.</summary>
internal static class SecurityOperations
{
    private const string Keys = "/v3/clusters/{cluster}/api-keys";
    private const string Tag = "API keys";

    public static IEnumerable<Operation> All =>
    [
        new("createApiKey", "POST", Keys, Tag, "Create an API key")
        {
            Description = "The member key of the answer is the key: it is told this once and stored nowhere. Needs manage:cluster.",
            Bodies = [new(MediaTypes.Json, "CreateApiKey", """{"name": "sensors in hall 3", "scopes": ["produce:topic:readings", "consume:topic:readings*"], "expires_at": "2099-01-01T00:00:00Z", "quota": {"requests_per_second": 50}}""")],
            Answers = [new(201, "It is created; Location is its address.", MediaTypes.Json, "ManagedLogNewApiKey")],
            Errors = [400, 404, 415, 422, 503, 504],
        },
        new("listApiKeys", "GET", Keys, Tag, "List the API keys")
        {
            Description = "Without the keys themselves. Needs manage:cluster.",
            Answers = [new(200, "As asked for.", MediaTypes.Json, "ManagedLogApiKeyList")],
            Errors = [404, 503],
        },
        new("revokeApiKey", "DELETE", Keys + "/{prefix}", Tag, "Revoke an API key")
        {
            Description = "The instance that answers refuses it from then on, all others within seconds. Needs manage:cluster.",
            Answers = [new(204, "It is revoked.")],
            Errors = [404, 503, 504],
        },
    ];

    public static IEnumerable<Operation> Audit =>
    [
        new("listAudit", "GET", "/v3/clusters/{cluster}/audit", "Audit", "Read the audit")
        {
            Description = "Who changed what, newest first: a change has a record when it is begun and one, by the same id, when it has ended. "
                + "A page may have fewer records than were asked for and yet a next one. Needs manage:cluster.",
            Parameters =
            [
                Parameter.Query("from", "string", "Milliseconds since 1970 or ISO 8601."),
                Parameter.Query("to", "string", "Exclusive."),
                Parameter.Query("principal", "string", "Who, for instance key:abcdefghijkl."),
                Parameter.Query("action", "string", "Or the beginning of actions and *.", "topic.*"),
                Parameter.Query("resource", "string", "For instance topic:readings."),
                Parameter.Query("page_size", "integer", "At most 500; 100 where it is left out.", "10"),
                Parameter.Query("page_token", "string", "As metadata.next of the page before has it."),
            ],
            Answers = [new(200, "As asked for.", MediaTypes.Json, "ManagedLogAuditRecordList")],
            Errors = [400, 404, 503],
        },
    ];

    public static IEnumerable<(string Name, JsonObject Schema)> Schemas =>
    [
        ("ManagedLogAuditRecord", Object(
            ("kind", Const("ManagedLogAuditRecord")), ("offset", Integer("In the topic __audit.")), ("at", Text("As time, in ISO 8601.")),
            ("id", Text("Of the change.")),
            ("outcome", OneOf("begun", "done", "refused", "unknown", "denied")), ("time", Integer("Milliseconds since 1970.")),
            ("action", Text(example: "topic.create")), ("resource", Text(example: "topic:readings")),
            ("principal", Text()), ("source_address", Nullable(Text("Of the connection."))),
            ("forwarded_for", Nullable(Text("As the request says; not to be trusted without a proxy that sets it."))),
            ("request_id", Text()), ("instance_id", Text()), ("details", Map(Any("What exactly."))), ("error", Nullable(Text("Why it was refused, or is unknown."))))),
        ("ManagedLogAuditRecordList", ResourceList("ManagedLogAuditRecord")),
        ("CreateApiKey", Object(
            ("name", Text("What it is for.")), ("scopes", List(Text(example: "produce:topic:orders*"))), ("expires_at?", Nullable(Text("A time with its offset from UTC; null: never."))),
            ("quota?", Nullable(Object(
                ("requests_per_second?", Nullable(Number("From 0.001 to 1000000; null, as for the others: as is configured for everybody."))),
                ("bytes_in_per_second?", Nullable(Number("Of bodies of requests; from 1 to 1000000000000."))),
                ("bytes_out_per_second?", Nullable(Number("Of bodies of answers, before they are compressed; from 1 to 1000000000000.")))))))),
        ("ManagedLogApiKey", Resource("ManagedLogApiKey", Members)),
        ("ManagedLogNewApiKey", Resource("ManagedLogApiKey", [("key", Text("The key itself.")), .. Members])),
        ("ManagedLogApiKeyList", ResourceList("ManagedLogApiKey")),
    ];

    /// <summary>As <c>components.securitySchemes</c>.</summary>
    public static JsonObject Schemes => new()
    {
        ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "An API key (mlk_…), or a token of Microsoft Entra ID where the service is told whose it takes." },
        ["basic"] = new JsonObject { ["type"] = "http", ["scheme"] = "basic", ["description"] = "An API key as the password; the user name says nothing." },
    };

    /// <summary>Either of them.</summary>
    public static JsonArray Required => [new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject { ["basic"] = new JsonArray() }];

    private static (string Name, JsonObject Schema)[] Members =>
    [
        ("prefix", Text("The part of the key that is no secret.")), ("name", Text()), ("scopes", List(Text())), ("created_at", Text()), ("created_by", Text()),
        ("expires_at", Nullable(Text())), ("last_used_at", Nullable(Text("To about an hour."))),
        ("quota", Nullable(Object(
            ("requests_per_second", Nullable(Number())), ("bytes_in_per_second", Nullable(Number())), ("bytes_out_per_second", Nullable(Number()))))),
    ];
}

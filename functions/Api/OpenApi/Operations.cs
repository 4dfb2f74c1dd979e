using System.Text.Json.Nodes;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>Every operation there is, in the order in which a reader meets them. A test fails for a route that is not in it.</summary>
internal static class Operations
{
    public static IReadOnlyList<Operation> All { get; } =
    [
        .. AdministrationOperations.Topics,
        .. ConfigOperations.All,
        .. RecordOperations.All,
        .. OperationsOfV2.All,
        .. ConsumerOperations.All,
        .. GroupOperations.All,
        .. AdministrationOperations.Partitions,
        .. InsightOperations.All,
        .. AdministrationOperations.Clusters,
        .. SecurityOperations.All,
        .. SecurityOperations.Audit,
        .. OperationsOfV2.Service,
    ];

    public static IReadOnlyList<Parameter> Paging =>
    [
        Parameter.Query("page_size", "integer", "At most so many in one page.", "10"),
        Parameter.Query("page_token", "string", "As metadata.next of the page before has it."),
    ];

    /// <summary>Every schema by its name, made anew each time: a document owns what is in it.</summary>
    public static IEnumerable<(string Name, JsonObject Schema)> Schemas => SchemasOfV2.All.Concat(SchemasOfGroups.All).Concat(SchemasOfV3.All).Concat(SchemasOfInsight.All).Concat(SecurityOperations.Schemas);

    /// <summary>What the parts of paths are, by their names.</summary>
    public static IReadOnlyDictionary<string, (string Description, string Example)> PathParameters { get; } = new Dictionary<string, (string, string)>
    {
        ["cluster"] = ("Id of the cluster.", "cluster"),
        ["topic"] = ("Name of the topic.", "readings"),
        ["partition"] = ("Number of the partition, from 0 on.", "0"),
        ["broker"] = ("Number of the broker: of the storage account.", "0"),
        ["name"] = ("Name of the config.", "retention.ms"),
        ["group"] = ("Name of the consumer group.", "readers"),
        ["instance"] = ("Name of the consumer instance.", "reader-1"),
        ["consumer"] = ("Id of the member.", "fetcher-1"),
        ["prefix"] = ("The part of an API key that is no secret.", "abcdefghijkl"),
        ["broker_config"] = ("Name of the broker's config.", "log.retention.ms"),
    };

    /// <summary>What an error of this status means.</summary>
    public static string Meaning(int status) => status switch
    {
        400 => "The request is malformed, or a value is not possible.",
        401 => "Credentials are missing or not taken.",
        403 => "The caller may not do this.",
        404 => "What the path names is not there.",
        406 => "Accept names no type that is given here.",
        408 => "A record is not in the format asked for.",
        409 => "It does not fit the state that things are in; of a producer, its sequence or epoch.",
        413 => "A record or the body is too large.",
        415 => "The type or encoding of the body is not taken here.",
        416 => "The offset is outside the partition.",
        422 => "The body is missing, has unknown members, or cannot be carried out as it is.",
        429 => "Over a quota, or too much waits for the partition; nothing was done. Send again after Retry-After.",
        503 => "Storage did not answer, or there is too much at once; nothing was done. Send again after Retry-After.",
        504 => "The outcome is unknown: it may have happened.",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No meaning is known for this status."),
    };
}

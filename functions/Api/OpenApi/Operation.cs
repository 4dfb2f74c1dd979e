namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>One method of one path, as the interface is described. Examples are real: a test sends them in the order of the list and holds the answers against what is said here.</summary>
/// <param name="Id">Distinct, and Confluent's where theirs has the operation, so that generated clients have its names.</param>
/// <param name="Path">As it is mapped, without <c>/kafka</c> before <c>/v3</c>.</param>
/// <param name="Tag">The heading under which it stands.</param>
internal sealed record Operation(string Id, string Method, string Path, string Tag, string Summary)
{
    /// <summary>What is to be known beyond the summary.</summary>
    public string? Description { get; init; }

    /// <summary>Of query and headers; those in the path are known by their names.</summary>
    public IReadOnlyList<Parameter> Parameters { get; init; } = [];

    /// <summary>One for each type that is taken; empty: there is no body.</summary>
    public IReadOnlyList<BodyForm> Bodies { get; init; } = [];

    /// <summary>What is answered when all goes well, one for each type; the first is the default.</summary>
    public IReadOnlyList<AnswerForm> Answers { get; init; } = [];

    /// <summary>Whether it is answered without credentials.</summary>
    public bool IsOpen => Path is "/" || Path.StartsWith("/health", StringComparison.Ordinal);

    /// <summary>Statuses of the errors to be expected, beside those of credentials.</summary>
    public IReadOnlyList<int> Errors { get; init; } = [];
}

/// <param name="Example">Null: it is not given in the example.</param>
internal sealed record Parameter(string Name, string In, string Type, string Description, string? Example = null, bool IsRequired = false)
{
    public static Parameter Query(string name, string type, string description, string? example = null) => new(name, "query", type, description, example);

    public static Parameter Header(string name, string description) => new(name, "header", "string", description);
}

/// <param name="Schema">Name of the schema; null: any bytes.</param>
/// <param name="Example">Null: it is no text.</param>
internal sealed record BodyForm(string MediaType, string? Schema, string? Example);

/// <param name="MediaType">Null: there is no body.</param>
/// <param name="Schema">Name of the schema; null: it is no JSON.</param>
internal sealed record AnswerForm(int Status, string Description, string? MediaType = null, string? Schema = null);

using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Turns the bodies that alter configs into what the engine is asked for: a value is set, null takes back what was set.</summary>
internal static class ConfigChanges
{
    public static ApiError UnknownConfig(string name) => new(404, 404, $"Config {name} cannot be found.");

    /// <summary>The body of a PUT of one config.</summary>
    public static async ValueTask<(Dictionary<string, string?> Changes, ApiError? Error)> ReadValueAsync(HttpContext context, string name)
    {
        var (body, error) = await V3Body.ReadAsync(context, V3Bodies.Default.ConfigValueBody);
        if (body is { IsGiven: false })
            error = FormErrors.Malformed("value is missing; null takes back what was set.");
        return (new Dictionary<string, string?> { [name] = body?.Value }, error);
    }

    /// <summary>The body of <c>configs:alter</c>.</summary>
    public static async ValueTask<(Dictionary<string, string?> Changes, bool ValidateOnly, ApiError? Error)> ReadAlterAsync(HttpContext context)
    {
        var (body, error) = await V3Body.ReadAsync(context, V3Bodies.Default.AlterConfigsBody);
        var changes = new Dictionary<string, string?>();
        if (body is not null)
            error = Read("data", body.Data, changes);
        return (changes, body?.ValidateOnly ?? false, error);
    }

    /// <param name="where">The member that holds the list.</param>
    public static ApiError? Read(string where, IReadOnlyList<AlterConfigBody?>? given, Dictionary<string, string?> changes)
    {
        if (given is null)
            return FormErrors.Malformed($"{where} is missing; it is a list of configs.");
        foreach (var config in given)
        {
            if (config?.Name is not { } name)
                return FormErrors.Malformed($"Each of {where} must be an object with a name.");
            if (config.Unknown is { Count: > 0 } unknown)
                return FormErrors.UnknownMember("A config", unknown.Keys.First());
            var isSet = config.Operation is null or "SET";
            if (!isSet && config.Operation != "DELETE")
                return FormErrors.Malformed($"The operation of {name} must be SET or DELETE.");
            if (isSet && !config.IsGiven)
                return FormErrors.Malformed($"{name} has no value; to take back what was set give null, or the operation DELETE.");
            if (!changes.TryAdd(name, isSet ? config.Value : null))
                return FormErrors.BadParameter($"The config {name} is given twice.");
        }

        return null;
    }

    /// <summary>The first config that no topic has, as an error; null: there are all of them.</summary>
    public static ApiError? FindUnknown(Topic topic, IReadOnlyDictionary<string, string?> changes)
    {
        var known = topic.Config.Entries.Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);
        return changes.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown ? UnknownConfig(unknown) : null;
    }
}

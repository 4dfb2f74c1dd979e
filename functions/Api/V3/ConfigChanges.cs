using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Turns the bodies that alter configs into what the engine is asked for: a value is set, null takes back what was set.</summary>
internal static class ConfigChanges
{
    public static ApiError UnknownConfig(string name) => new(404, 404, $"Config {name} cannot be found.");

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

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Turns the body of a create into what the engine is asked for; the engine judges the rest.</summary>
internal static class NewTopics
{
    public static bool TryMake(CreateTopicBody body, [NotNullWhen(true)] out NewTopic? topic, [NotNullWhen(false)] out ApiError? error)
    {
        topic = null;
        var configs = new Dictionary<string, string?>();
        error = body.TopicName is null ? FormErrors.Malformed("topic_name is missing.") : ReadConfigs(body.Configs, configs) ?? CheckAssignments(body);
        if (error is not null)
            return false;
        topic = new NewTopic(
            body.TopicName!,
            body.ReplicasAssignments?.Count ?? body.PartitionsCount,
            body.ReplicasAssignments is null ? body.ReplicationFactor : Brokers.Count,
            configs,
            body.ValidateOnly ?? false);
        return true;
    }

    private static ApiError? ReadConfigs(List<ConfigBody>? given, Dictionary<string, string?> configs)
    {
        foreach (var config in given ?? [])
        {
            if (config?.Name is not { } name)
                return FormErrors.Malformed("Each of configs must be an object with a name.");
            if (config.Unknown is { Count: > 0 } unknown)
                return FormErrors.UnknownMember("A config", unknown.Keys.First());
            if (!configs.TryAdd(name, config.Value))
                return FormErrors.BadParameter($"The config {name} is given twice.");
        }

        return null;
    }

    private static ApiError? CheckAssignments(CreateTopicBody body)
    {
        if (body.ReplicasAssignments is not { } assignments)
            return null;
        if (body.PartitionsCount is not null || body.ReplicationFactor is not null)
            return FormErrors.BadParameter("replicas_assignments already says how many partitions and replicas there are; leave partitions_count and replication_factor out.");
        for (var partition = 0; partition < assignments.Count; partition++)
        {
            if (!assignments.TryGetValue(partition.ToString(CultureInfo.InvariantCulture), out var brokers))
                return FormErrors.BadParameter($"replicas_assignments has {assignments.Count} partitions, but not partition {partition}; they are numbered from 0 without a gap.");
            if (brokers is not [Brokers.Only])
                return FormErrors.BadParameter($"replicas_assignments of partition {partition} must be [{Brokers.Only}]: there is one broker, {Brokers.Only}.");
        }

        return assignments.Count > 0 ? null : FormErrors.BadParameter("replicas_assignments is empty.");
    }
}

using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Metadata;

/// <summary>What may be asked for when a topic is created, as far as the request alone tells. Pure.</summary>
public static class NewTopicRules
{
    /// <summary>Deleting a topic and describing it look at every partition.</summary>
    public const int MaxPartitions = 1_000;

    /// <summary>A replica is a storage account, and there is one.</summary>
    public const int MaxReplicationFactor = 1;

    public const int DefaultPartitions = 1;

    /// <summary>The topic as it would be, still without id and time of creation.</summary>
    /// <param name="asked">What was asked for.</param>
    /// <param name="defaults">What is set for all topics.</param>
    internal static Result<Topic> Check(NewTopic asked, TopicConfig defaults)
    {
        if (!TopicName.IsLegal(asked.Name, out var defect))
            return new Refusal(ErrorCode.InvalidTopicException, defect);
        var partitions = asked.Partitions ?? DefaultPartitions;
        if (partitions is < 1 or > MaxPartitions)
            return new Refusal(ErrorCode.InvalidPartitions, $"Topic '{asked.Name}': the number of partitions must be from 1 to {MaxPartitions}; it was {partitions}.");
        var replicas = asked.ReplicationFactor ?? MaxReplicationFactor;
        if (replicas is < 1 or > MaxReplicationFactor)
        {
            return new Refusal(
                ErrorCode.InvalidReplicationFactor,
                $"Topic '{asked.Name}': the replication factor must be {MaxReplicationFactor}, the number of storage accounts; it was {replicas}.");
        }

        var config = TopicConfig.Default.Over(defaults).With(asked.Configs);
        if (config.IsRefused)
            return config.Refusal;
        return FindObstacle(config.Value, replicas) ?? (Result<Topic>)new Topic(asked.Name, default, partitions, config.Value, default);
    }

    /// <summary>Why no topic with so many replicas can have this configuration; null: it can.</summary>
    internal static Refusal? FindObstacle(TopicConfig config, int replicas) => config.MinInSyncReplicas <= replicas
        ? null
        : new Refusal(
            ErrorCode.InvalidConfig, $"{TopicConfigDefinitions.MinInSyncReplicas} must be at most the replication factor, {replicas}; it was {config.MinInSyncReplicas}.");
}

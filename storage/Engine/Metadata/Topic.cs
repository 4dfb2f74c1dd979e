using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata;

/// <summary>A topic as it is described. <paramref name="Partitions"/> never shrinks.</summary>
public sealed record Topic(string Name, TopicId Id, int Partitions, TopicConfig Config, DateTimeOffset CreatedAt)
{
    /// <summary>Names that begin with two underscores are the service's own.</summary>
    public bool IsInternal => IsInternalName(Name);

    public static bool IsInternalName(string name) => name.StartsWith("__", StringComparison.Ordinal);

    public TopicPartition At(int partition) => new(Id, partition);
}

/// <summary>What is asked for when a topic is created. Null: the default.</summary>
public sealed record NewTopic(string Name, int? Partitions, int? ReplicationFactor, IReadOnlyDictionary<string, string?> Configs, bool ValidateOnly);

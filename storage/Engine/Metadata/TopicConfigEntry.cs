namespace ManagedLog.Engine.Metadata;

/// <summary>One config of a topic as it is described.</summary>
/// <param name="IsDefault">It was not set for this topic.</param>
/// <param name="DefaultValue">The built-in default.</param>
/// <param name="ClusterDefault">What was set for all topics, under what was set for this one; null: nothing.</param>
/// <param name="IsReadOnly">It can never be set.</param>
/// <param name="IsSensitive">Its value is a secret.</param>
public sealed record TopicConfigEntry(
    string Name, TopicConfigType Type, string Value, bool IsDefault, string DefaultValue, string Documentation, string? ClusterDefault = null, bool IsReadOnly = false, bool IsSensitive = false);

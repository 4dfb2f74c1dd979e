using System.Text.Json.Serialization;

namespace ManagedLog.Proof.Rest;

/// <summary>The clusters that a server knows: one.</summary>
internal sealed record ClusterList(IReadOnlyList<ClusterEntry> Data);

internal sealed record ClusterEntry([property: JsonPropertyName("cluster_id")] string ClusterId);

/// <summary>A topic to create.</summary>
internal sealed record NewTopic(
    [property: JsonPropertyName("topic_name")] string TopicName,
    [property: JsonPropertyName("partitions_count")] int PartitionsCount,
    IReadOnlyList<TopicSetting> Configs);

internal sealed record TopicSetting(string Name, string Value);

/// <summary>The ends of a partition.</summary>
internal sealed record PartitionEnds(
    [property: JsonPropertyName("beginning_offset")] long BeginningOffset,
    [property: JsonPropertyName("end_offset")] long EndOffset);

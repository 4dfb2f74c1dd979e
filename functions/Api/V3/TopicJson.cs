using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Api.V3;

/// <summary>How topics, partitions and replicas look in v3.</summary>
internal static class TopicJson
{
    /// <summary>What may be done to a topic, in Kafka's words, and what it needs here.</summary>
    private static readonly (string Operation, Permission Permission)[] Operations =
    [
        ("READ", Permission.Consume),
        ("WRITE", Permission.Produce),
        ("CREATE", Permission.Manage),
        ("DELETE", Permission.Manage),
        ("ALTER", Permission.Manage),
        ("DESCRIBE", Permission.Describe),
        ("DESCRIBE_CONFIGS", Permission.Describe),
        ("ALTER_CONFIGS", Permission.Manage),
    ];

    public static void WriteTopic(Utf8JsonWriter writer, V3Links links, Topic topic) => WriteTopic(writer, links, (topic, null));

    /// <summary>With what the caller may do, where that was asked for.</summary>
    public static void WriteTopic(Utf8JsonWriter writer, V3Links links, (Topic Topic, Caller? Asking) of)
    {
        var topic = of.Topic;
        var path = PathOf(topic);
        links.WriteBegin(writer, "KafkaTopic", path, $"/topic={topic.Name}");
        writer.WriteString("topic_name"u8, topic.Name);
        writer.WriteBoolean("is_internal"u8, topic.IsInternal);
        writer.WriteNumber("replication_factor"u8, Brokers.Count);
        writer.WriteNumber("partitions_count"u8, topic.Partitions);
        links.WriteRelation(writer, "partitions", $"{path}/partitions");
        links.WriteRelation(writer, "configs", $"{path}/configs");
        links.WriteRelation(writer, "partition_reassignments", $"{path}/partitions/-/reassignment");
        writer.WriteStartArray("authorized_operations"u8);
        foreach (var (operation, permission) in of.Asking is null ? [] : Operations)
        {
            if (of.Asking!.May(permission, Resource.Topic(topic.Name)))
                writer.WriteStringValue(operation);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void WriteTopics(Utf8JsonWriter writer, V3Links links, (IReadOnlyList<Topic> Topics, string? Next, Caller? Asking) of)
    {
        links.WriteListBegin(writer, "KafkaTopicList", "/topics", of.Next);
        foreach (var topic in of.Topics)
            WriteTopic(writer, links, (topic, of.Asking));
        V3Links.WriteListEnd(writer);
    }

    public static void WritePartition(Utf8JsonWriter writer, V3Links links, (Topic Topic, int Partition) of)
    {
        var path = PathOf(of);
        links.WriteBegin(writer, "KafkaPartition", path, $"/topic={of.Topic.Name}/partition={of.Partition}");
        writer.WriteString("topic_name"u8, of.Topic.Name);
        writer.WriteNumber("partition_id"u8, of.Partition);
        links.WriteRelation(writer, "leader", $"{path}/replicas/{Brokers.Only}");
        links.WriteRelation(writer, "replicas", $"{path}/replicas");
        links.WriteRelation(writer, "reassignment", $"{path}/reassignment");
        writer.WriteEndObject();
    }

    public static void WriteOffsets(Utf8JsonWriter writer, V3Links links, (Topic Topic, int Partition, PartitionOffsets Offsets) of)
    {
        links.WriteBegin(writer, "KafkaPartitionWithOffsets", PathOf((of.Topic, of.Partition)) + "/offset", $"/topic={of.Topic.Name}/partition={of.Partition}");
        writer.WriteString("topic_name"u8, of.Topic.Name);
        writer.WriteNumber("partition_id"u8, of.Partition);
        writer.WriteNumber("earliest_offset"u8, of.Offsets.LogStart);
        writer.WriteNumber("latest_offset"u8, of.Offsets.HighWatermark);
        writer.WriteEndObject();
    }

    public static void WriteLogStart(Utf8JsonWriter writer, V3Links links, (Topic Topic, int Partition, long LogStart) of)
    {
        links.WriteBegin(writer, "KafkaPartition", PathOf((of.Topic, of.Partition)), $"/topic={of.Topic.Name}/partition={of.Partition}");
        writer.WriteString("topic_name"u8, of.Topic.Name);
        writer.WriteNumber("partition_id"u8, of.Partition);
        writer.WriteNumber("earliest_offset"u8, of.LogStart);
        writer.WriteEndObject();
    }

    /// <summary>From one partition up to another, which is not in it.</summary>
    public static void WritePartitions(Utf8JsonWriter writer, V3Links links, (Topic Topic, int From, int To, string? Next) of)
    {
        links.WriteListBegin(writer, "KafkaPartitionList", PathOf(of.Topic) + "/partitions", of.Next);
        for (var partition = of.From; partition < of.To; partition++)
            WritePartition(writer, links, (of.Topic, partition));
        V3Links.WriteListEnd(writer);
    }

    public static void WriteReplica(Utf8JsonWriter writer, V3Links links, (Topic Topic, int Partition) of)
    {
        links.WriteBegin(
            writer,
            "KafkaReplica",
            $"{PathOf(of)}/replicas/{Brokers.Only}",
            $"/topic={of.Topic.Name}/partition={of.Partition}/replica={Brokers.Only}");
        writer.WriteString("topic_name"u8, of.Topic.Name);
        writer.WriteNumber("partition_id"u8, of.Partition);
        writer.WriteNumber("broker_id"u8, Brokers.Only);
        writer.WriteBoolean("is_leader"u8, true);
        writer.WriteBoolean("is_in_sync"u8, true);
        links.WriteRelation(writer, "broker", $"/brokers/{Brokers.Only}");
        writer.WriteEndObject();
    }

    public static void WriteReplicas(Utf8JsonWriter writer, V3Links links, (Topic Topic, int Partition) of)
    {
        V3Links.WriteListBegin(writer, "KafkaReplicaList", links.Of(PathOf(of) + "/replicas"));
        WriteReplica(writer, links, of);
        V3Links.WriteListEnd(writer);
    }

    public static string PathOf(Topic topic) => $"/topics/{topic.Name}";

    private static string PathOf((Topic Topic, int Partition) of) => $"{PathOf(of.Topic)}/partitions/{of.Partition}";
}

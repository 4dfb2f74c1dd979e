using System.Text.Json;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Groups;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>How summaries of topics, partitions and segments look.</summary>
internal static class InsightJson
{
    /// <summary>What people look at first in a list of topics.</summary>
    private static readonly string[] Highlights = ["cleanup.policy", "retention.ms", "retention.bytes", "segment.bytes", "max.message.bytes", "linger.ms"];

    public static string PathOf(Topic topic) => $"/insight/topics/{topic.Name}";

    public static string PathOf(Topic topic, int partition) => $"{PathOf(topic)}/partitions/{partition}";

    public static void WriteTopic(
        Utf8JsonWriter writer,
        V3Links links,
        (TopicInsight Insight, PriceOptions Prices, IReadOnlyList<(GroupListing Group, IReadOnlyList<PartitionLag> Lags)>? Groups) of)
    {
        var (insight, prices, groups) = of;
        var topic = insight.Topic;
        var path = PathOf(topic);
        links.WriteBegin(writer, "ManagedLogTopicInsight", path, $"/topic={topic.Name}/insight");
        writer.WriteString("topic_name"u8, topic.Name);
        writer.WriteBoolean("is_internal"u8, topic.IsInternal);
        writer.WriteNumber("partitions_count"u8, topic.Partitions);
        WriteAmounts(writer, topic, insight.MaxRecords, insight.Bytes, insight.DeadBytes);
        writer.WriteNumber("segments_count"u8, insight.Segments);
        WriteLast(writer, insight.Latest);
        WriteRates(writer, insight.Rates);
        WriteHighlights(writer, topic);
        TopicCost.Of(insight, prices).Write(writer);

        WriteGroups(writer, groups);
        WriteUnavailable(writer, insight);
        links.WriteRelation(writer, "topic", TopicJson.PathOf(topic));
        links.WriteRelation(writer, "partitions", $"{path}/partitions");
        links.WriteRelation(writer, "history", $"{path}/history");
        links.WriteRelation(writer, "search", $"{path}/search");
        writer.WriteEndObject();
    }

    public static void WritePartition(Utf8JsonWriter writer, V3Links links, (Topic Topic, PartitionInsight Insight) of)
    {
        var (topic, insight) = of;
        var path = PathOf(topic, insight.Partition);
        links.WriteBegin(writer, "ManagedLogPartitionInsight", path, $"/topic={topic.Name}/partition={insight.Partition}/insight");
        writer.WriteString("topic_name"u8, topic.Name);
        writer.WriteNumber("partition_id"u8, insight.Partition);
        writer.WriteString("unavailable_reason"u8, insight.Stopped);
        writer.WriteNumber("log_start_offset"u8, insight.Offsets.LogStart);
        writer.WriteNumber("high_watermark"u8, insight.Offsets.HighWatermark);
        writer.WriteNumber("log_end_offset"u8, insight.Offsets.LogEnd);
        WriteAmounts(writer, topic, insight.MaxRecords, insight.Bytes, insight.DeadBytes);
        writer.WriteNumber("segments_count"u8, insight.Segments);
        WriteLast(writer, insight.LastOffset is null ? null : insight);
        WriteTime(writer, "orphans_swept_at", insight.SweptAt);
        links.WriteRelation(writer, "segments", $"{path}/segments");
        writer.WriteEndObject();
    }

    public static void WriteSegment(Utf8JsonWriter writer, V3Links links, (Topic Topic, int Partition, SegmentInsight Segment) of)
    {
        var (topic, partition, segment) = of;
        links.WriteBegin(
            writer,
            "ManagedLogSegment",
            $"{PathOf(topic, partition)}/segments",
            $"/topic={topic.Name}/partition={partition}/segment={segment.Segment}");
        writer.WriteString("topic_name"u8, topic.Name);
        writer.WriteNumber("partition_id"u8, partition);
        writer.WriteString("segment_id"u8, segment.Segment);
        writer.WriteString("storage"u8, segment.Kind == SegmentKind.Log ? "log"u8 : "segment"u8);
        writer.WriteBoolean("is_active"u8, segment.IsActive);
        writer.WriteNumber("base_offset"u8, segment.BaseOffset);
        writer.WriteNumber("end_offset"u8, segment.EndOffset);
        writer.WriteNumber("bytes"u8, segment.Bytes);
        WriteTime(writer, "max_timestamp", segment.MaxTimestamp);
        writer.WriteBoolean("is_dead"u8, segment.IsDead);
        writer.WriteNumber("dead_bytes"u8, segment.DeadBytes);
        writer.WriteString("blob"u8, segment.Blob);
        writer.WriteEndObject();
    }

    /// <summary>ISO 8601, or null.</summary>
    public static void WriteTime(Utf8JsonWriter writer, string name, long? timestamp)
    {
        if (timestamp is { } some)
            writer.WriteString(name, Timestamps.ToText(some));
        else
            writer.WriteNull(name);
    }

    private static void WriteAmounts(Utf8JsonWriter writer, Topic topic, long records, long bytes, long dead)
    {
        writer.WriteNumber("records"u8, records);
        writer.WriteBoolean("records_is_upper_bound"u8, Value(topic, "cleanup.policy").Contains("compact", StringComparison.Ordinal));
        writer.WriteNumber("bytes"u8, bytes);
        writer.WriteNumber("dead_bytes"u8, dead);
    }

    private static void WriteLast(Utf8JsonWriter writer, PartitionInsight? insight)
    {
        if (insight?.LastOffset is not { } offset)
        {
            writer.WriteNull("last_record"u8);
            return;
        }

        writer.WriteStartObject("last_record"u8);
        writer.WriteNumber("partition_id"u8, insight.Partition);
        writer.WriteNumber("offset"u8, offset);
        WriteTime(writer, "timestamp", insight.LastTimestamp);
        writer.WriteEndObject();
    }

    private static void WriteRates(Utf8JsonWriter writer, TopicRates? rates)
    {
        if (rates is null)
        {
            writer.WriteNull("rates"u8);
            return;
        }

        var (seconds, amounts) = (rates.Window.TotalSeconds, rates.Amounts);
        writer.WriteStartObject("rates"u8);
        writer.WriteNumber("records_in_per_second"u8, Math.Round(amounts.RecordsIn / seconds, 3));
        writer.WriteNumber("bytes_in_per_second"u8, Math.Round(amounts.BytesIn / seconds, 1));
        writer.WriteNumber("records_out_per_second"u8, Math.Round(amounts.RecordsOut / seconds, 3));
        writer.WriteNumber("bytes_out_per_second"u8, Math.Round(amounts.BytesOut / seconds, 1));
        writer.WriteNumber("window_ms"u8, (long)rates.Window.TotalMilliseconds);
        WriteTime(writer, "as_of", rates.AsOf);
        writer.WriteEndObject();
    }

    private static void WriteGroups(Utf8JsonWriter writer, IReadOnlyList<(GroupListing Group, IReadOnlyList<PartitionLag> Lags)>? groups)
    {
        if (groups is null)
        {
            writer.WriteNull("consumer_groups"u8);
            return;
        }

        writer.WriteStartArray("consumer_groups"u8);
        foreach (var (group, lags) in groups)
        {
            var most = lags.MaxBy(lag => lag.Lag)!;
            writer.WriteStartObject();
            writer.WriteString("consumer_group_id"u8, group.Group.Value);
            writer.WriteString("state"u8, GroupJson.StateOf(group.Status));
            writer.WriteNumber("total_lag"u8, lags.Sum(lag => lag.Lag));
            writer.WriteNumber("max_lag"u8, most.Lag);
            writer.WriteNumber("max_lag_partition_id"u8, most.Partition.Partition);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteHighlights(Utf8JsonWriter writer, Topic topic)
    {
        writer.WriteStartObject("configs"u8);
        foreach (var entry in topic.Config.Entries)
        {
            if (!entry.IsDefault || entry.ClusterDefault is not null || Highlights.Contains(entry.Name))
                writer.WriteString(entry.Name, entry.Value);
        }

        writer.WriteEndObject();
    }

    private static void WriteUnavailable(Utf8JsonWriter writer, TopicInsight insight)
    {
        writer.WriteStartArray("unavailable_partitions"u8);
        foreach (var partition in insight.Stopped)
        {
            writer.WriteStartObject();
            writer.WriteNumber("partition_id"u8, partition.Partition);
            writer.WriteString("reason"u8, partition.Stopped);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Value(Topic topic, string config) => topic.Config.Entries.First(entry => entry.Name == config).Value;
}

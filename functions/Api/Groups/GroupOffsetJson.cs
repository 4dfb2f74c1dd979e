using System.Text.Json;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Consumers;
using ManagedLog.Functions.Api.V3;

namespace ManagedLog.Functions.Api.Groups;

/// <summary>How committed offsets look, and what became of a commit or a reset.</summary>
internal static class GroupOffsetJson
{
    public static void WritePlace(Utf8JsonWriter writer, GroupPartition partition)
    {
        writer.WriteString("topic_name"u8, partition.Topic);
        writer.WriteString("topic_id"u8, partition.TopicId.ToString());
        writer.WriteNumber("partition_id"u8, partition.Partition);
    }

    public static void WriteOffsets(Utf8JsonWriter writer, V3Links links, (GroupId Group, List<CommittedOffset> Offsets) of)
    {
        V3Links.WriteListBegin(writer, "ManagedLogGroupOffsetList", links.Of($"{GroupJson.PathOf(of.Group)}/offsets"));
        foreach (var offset in of.Offsets)
        {
            writer.WriteStartObject();
            WritePlace(writer, offset.Partition);
            writer.WriteNumber("offset"u8, offset.Offset);
            writer.WriteNumber("leader_epoch"u8, offset.LeaderEpoch);
            writer.WriteString("metadata"u8, offset.Metadata);
            writer.WriteString("committed_at"u8, Timestamps.ToText(offset.CommittedAt.ToUnixTimeMilliseconds()));
            writer.WriteEndObject();
        }

        V3Links.WriteListEnd(writer);
    }

    /// <summary>What was not stored stands there with its error; all else is committed.</summary>
    public static void WriteCommit(Utf8JsonWriter writer, V3Links links, (GroupId Group, CommitResult Result, int Asked) of)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "ManagedLogGroupCommit"u8);
        writer.WriteString("cluster_id"u8, links.ClusterId);
        writer.WriteString("consumer_group_id"u8, of.Group.Value);
        writer.WriteNumber("committed"u8, of.Asked - of.Result.Refused.Count);
        writer.WriteStartArray("failures"u8);
        foreach (var refused in of.Result.Refused)
        {
            var error = ConsumerErrors.For(refused);
            writer.WriteStartObject();
            writer.WriteString("topic_name"u8, refused.Commit.Topic);
            writer.WriteNumber("partition_id"u8, refused.Commit.Partition);
            writer.WriteNumber("error_code"u8, error.Code);
            writer.WriteString("message"u8, error.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void WriteReset(Utf8JsonWriter writer, V3Links links, (GroupId Group, string Path, IReadOnlyList<OffsetResetLine> Lines) of)
    {
        V3Links.WriteListBegin(writer, "ManagedLogOffsetResetList", links.Of($"{GroupJson.PathOf(of.Group)}/{of.Path}"));
        foreach (var line in of.Lines)
        {
            writer.WriteStartObject();
            WritePlace(writer, line.Partition);
            if (line.From is { } from)
                writer.WriteNumber("current_offset"u8, from);
            else
                writer.WriteNull("current_offset"u8);
            writer.WriteNumber("new_offset"u8, line.To);
            writer.WriteEndObject();
        }

        V3Links.WriteListEnd(writer);
    }
}

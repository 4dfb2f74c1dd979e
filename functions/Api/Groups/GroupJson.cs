using System.Text.Json;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.V3;

namespace ManagedLog.Functions.Api.Groups;

/// <summary>How v3 shows consumer groups, their members and what these have.</summary>
internal static class GroupJson
{
    public const string Root = "/consumer-groups";

    public static string PathOf(GroupId group) => $"{Root}/{Uri.EscapeDataString(group.Value)}";

    public static string PathOf(GroupId group, MemberDescription member) => $"{PathOf(group)}/consumers/{Uri.EscapeDataString(member.Member.Value)}";

    public static void WriteGroup(Utf8JsonWriter writer, V3Links links, GroupListing group)
    {
        var path = PathOf(group.Group);
        links.WriteBegin(writer, "KafkaConsumerGroup", path, NameOf(group.Group));
        writer.WriteString("consumer_group_id"u8, group.Group.Value);
        writer.WriteBoolean("is_simple"u8, group.IsSimple);
        writer.WriteString("partition_assignor"u8, group.Assignor ?? "");
        writer.WriteString("state"u8, StateOf(group.Status));
        writer.WriteString("type"u8, "CONSUMER"u8);
        writer.WriteBoolean("is_mixed_consumer_group"u8, false);
        links.WriteRelation(writer, "coordinator", $"/brokers/{Brokers.Only}");
        links.WriteRelation(writer, "consumers", $"{path}/consumers");
        links.WriteRelation(writer, "lag_summary", $"{path}/lag-summary");
        writer.WriteEndObject();
    }

    public static void WriteConsumer(Utf8JsonWriter writer, V3Links links, (GroupDescription Group, MemberDescription Member) of)
    {
        var path = PathOf(of.Group.Group, of.Member);
        links.WriteBegin(writer, "KafkaConsumer", path, NameOf(of.Group.Group, of.Member));
        writer.WriteString("consumer_group_id"u8, of.Group.Group.Value);
        writer.WriteString("consumer_id"u8, of.Member.Member.Value);
        writer.WriteString("instance_id"u8, of.Member.InstanceId);
        writer.WriteString("client_id"u8, of.Member.ClientId);
        links.WriteRelation(writer, "assignments", $"{path}/assignments");
        writer.WriteEndObject();
    }

    public static void WriteAssignment(Utf8JsonWriter writer, V3Links links, (GroupDescription Group, MemberDescription Member, GroupPartition Partition) of)
    {
        var (group, member, partition) = of;
        links.WriteBegin(
            writer,
            "KafkaConsumerAssignment",
            $"{PathOf(group.Group, member)}/assignments/{partition.Topic}/partitions/{partition.Partition}",
            $"{NameOf(group.Group, member)}/assignment=topic={partition.Topic}/partition={partition.Partition}");
        writer.WriteString("consumer_group_id"u8, group.Group.Value);
        writer.WriteString("consumer_id"u8, member.Member.Value);
        writer.WriteString("topic_name"u8, partition.Topic);
        writer.WriteNumber("partition_id"u8, partition.Partition);
        links.WriteRelation(writer, "partition", $"/topics/{partition.Topic}/partitions/{partition.Partition}");
        links.WriteRelation(writer, "lag", $"{PathOf(group.Group)}/lags/{partition.Topic}/partitions/{partition.Partition}");
        writer.WriteEndObject();
    }

    public static string NameOf(GroupId group) => $"/consumer-group={group}";

    private static string NameOf(GroupId group, MemberDescription member) => $"{NameOf(group)}/consumer={member.Member}";

    public static string StateOf(GroupStatus status) => status switch
    {
        GroupStatus.Empty => "EMPTY",
        GroupStatus.Reconciling => "RECONCILING",
        GroupStatus.Stable => "STABLE",
        GroupStatus.Dead => "DEAD",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No such status."),
    };
}

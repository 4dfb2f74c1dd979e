using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Api.Groups;

/// <summary>How far a group is behind. A group that has committed nothing has no lag to tell of, and is not found here.</summary>
internal sealed class LagEndpoints(LogEngine engine, GroupLags lags)
{
    public async Task ListAsync(HttpContext context)
    {
        if (await FindAsync(context, null) is not var (call, group, found))
            return;
        await call.V3.AnswerAsync(
            StatusCodes.Status200OK,
            static (writer, links, of) =>
            {
                V3Links.WriteListBegin(writer, "KafkaConsumerLagList", links.Of($"{GroupJson.PathOf(of.Group)}/lags"));
                foreach (var lag in of.Lags)
                    WriteLag(writer, links, (of.Group, lag));
                V3Links.WriteListEnd(writer);
            },
            (group.Group, Lags: found));
    }

    public async Task GetAsync(HttpContext context)
    {
        var (topic, partition) = (RouteParts.Get(context, "topic"), RouteParts.Get(context, "partition"));
        RouteParts.TryPartition(partition, out var number);
        if (await FindAsync(context, number < 0 ? [] : [new PartitionName(topic, number)]) is var (call, group, found))
            await call.V3.AnswerAsync(StatusCodes.Status200OK, WriteLag, (group.Group, found[0]));
    }

    public async Task SummaryAsync(HttpContext context)
    {
        if (await FindAsync(context, null) is var (call, group, found))
            await call.V3.AnswerAsync(StatusCodes.Status200OK, WriteSummary, (group.Group, found));
    }

    private async ValueTask<(GroupCall Call, GroupDescription Group, IReadOnlyList<PartitionLag> Lags)?> FindAsync(HttpContext context, IReadOnlyList<PartitionName>? partitions)
    {
        var call = new GroupCall(context, engine);
        if (await call.DescribeAsync() is not { } group)
            return null;
        var found = await lags.OfGroupAsync(group, partitions, context.RequestAborted);
        if (found.IsRefused)
            await call.V3.FailAsync(ErrorMapping.From(found.Refusal));
        else if (found.Value.Where(lag => Caller.Of(context).MaySee(lag.Partition.Topic)).ToList() is { Count: > 0 } seen)
            return (call, group, seen);
        else
            await call.V3.FailAsync(new ApiError(404, 404, $"Consumer group {group.Group} has committed no offset{(partitions is null ? "" : " of this partition")}."));
        return null;
    }

    private static void WriteLag(Utf8JsonWriter writer, V3Links links, (GroupId Group, PartitionLag Lag) of)
    {
        var (group, lag) = of;
        var (topic, partition) = (lag.Partition.Topic, lag.Partition.Partition);
        links.WriteBegin(writer, "KafkaConsumerLag", $"{GroupJson.PathOf(group)}/lags/{topic}/partitions/{partition}", $"{GroupJson.NameOf(group)}/lag={topic}/partition={partition}");
        writer.WriteString("consumer_group_id"u8, group.Value);
        writer.WriteString("topic_name"u8, topic);
        writer.WriteNumber("partition_id"u8, partition);
        writer.WriteNumber("current_offset"u8, lag.Committed);
        writer.WriteNumber("log_end_offset"u8, lag.LogEnd);
        writer.WriteNumber("lag"u8, lag.Lag);
        writer.WriteString("consumer_id"u8, lag.Member?.Member.Value ?? "");
        writer.WriteString("instance_id"u8, lag.Member?.InstanceId ?? "");
        writer.WriteString("client_id"u8, lag.Member?.ClientId ?? "");
        writer.WriteEndObject();
    }

    private static void WriteSummary(Utf8JsonWriter writer, V3Links links, (GroupId Group, IReadOnlyList<PartitionLag> Lags) of)
    {
        var (group, all) = of;
        var most = all.MaxBy(lag => lag.Lag)!;
        var path = GroupJson.PathOf(group);
        links.WriteBegin(writer, "KafkaConsumerGroupLagSummary", $"{path}/lag-summary", $"{GroupJson.NameOf(group)}/lag-summary");
        writer.WriteString("consumer_group_id"u8, group.Value);
        writer.WriteString("max_lag_consumer_id"u8, most.Member?.Member.Value ?? "");
        writer.WriteString("max_lag_instance_id"u8, most.Member?.InstanceId ?? "");
        writer.WriteString("max_lag_client_id"u8, most.Member?.ClientId ?? "");
        writer.WriteString("max_lag_topic_name"u8, most.Partition.Topic);
        writer.WriteNumber("max_lag_partition_id"u8, most.Partition.Partition);
        writer.WriteNumber("max_lag"u8, most.Lag);
        writer.WriteNumber("total_lag"u8, all.Sum(lag => lag.Lag));
        links.WriteRelation(writer, "max_lag_consumer", most.Member is { } member ? GroupJson.PathOf(group, member) : $"{path}/consumers");
        links.WriteRelation(writer, "max_lag_partition", $"/topics/{most.Partition.Topic}/partitions/{most.Partition.Partition}");
        writer.WriteEndObject();
    }
}

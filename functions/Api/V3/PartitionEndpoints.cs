using System.Globalization;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Security.Auditing;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Partitions and their replicas. Nothing is ever reassigned, so those lists are empty.</summary>
internal sealed class PartitionEndpoints(LogEngine engine, Auditor auditor)
{
    public async Task ListAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindTopicAsync() is not { } topic)
            return;
        if (!ListPage.TryReadNumbered(context.Request, int.MaxValue, out var page, out var from, out var error))
        {
            await call.FailAsync(error);
            return;
        }

        var first = (int)Math.Min(from, topic.Partitions);
        var end = (int)Math.Min((long)first + page.Size, topic.Partitions);
        var next = end < topic.Partitions ? page.Next($"{TopicJson.PathOf(topic)}/partitions", end.ToString(CultureInfo.InvariantCulture)) : null;
        await call.AnswerAsync(StatusCodes.Status200OK, TopicJson.WritePartitions, (topic, first, end, next));
    }

    public async Task GetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindPartitionAsync() is { } partition)
            await call.AnswerAsync(StatusCodes.Status200OK, TopicJson.WritePartition, partition);
    }

    /// <summary>The ends of the partition, freshly read; the latest offset is that of the next record.</summary>
    public async Task OffsetsAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindPartitionAsync() is not { } partition)
            return;
        if (context.Request.Query["offset_type"].ToString() is var type && type is not ("" or "earliest_and_latest"))
        {
            await call.FailAsync(new ApiError(400, 400, $"offset_type={type} is not known; it is earliest_and_latest."));
            return;
        }

        var offsets = await engine.OffsetsAsync(partition.Topic, partition.Partition, context.RequestAborted);
        if (offsets.IsRefused)
            await call.FailAsync(ErrorMapping.From(offsets.Refusal));
        else
            await call.AnswerAsync(StatusCodes.Status200OK, TopicJson.WriteOffsets, (partition.Topic, partition.Partition, offsets.Value));
    }

    /// <summary>Deletes what stands before an offset (Kafka's DeleteRecords) and answers the log start offset afterwards.</summary>
    public async Task DeleteRecordsAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindPartitionAsync() is not { } partition)
            return;
        var (body, error) = await V3Body.ReadAsync(context, V3Bodies.Default.DeleteRecordsBody);
        if (error is null && body!.BeforeOffset is null or < -1)
            error = FormErrors.BadParameter("before_offset is the first offset to keep, from 0 on, or -1 to delete all records that stand now. Nothing was deleted.");
        if (error is not null)
        {
            await call.FailAsync(error);
            return;
        }

        var (topic, number, before) = (partition.Topic, partition.Partition, body!.BeforeOffset!.Value);
        var start = await auditor.RunAsync(
            context, Change.DeleteRecords(topic.Name, number, before), () => engine.DeleteRecordsAsync(topic, number, before, context.RequestAborted));
        if (start.IsRefused)
            await call.FailAsync(ErrorMapping.From(start.Refusal));
        else
            await call.AnswerAsync(StatusCodes.Status200OK, TopicJson.WriteLogStart, (topic, number, start.Value));
    }

    public async Task ReplicasAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindPartitionAsync() is { } partition)
            await call.AnswerAsync(StatusCodes.Status200OK, TopicJson.WriteReplicas, partition);
    }

    public async Task ReplicaAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindPartitionAsync() is not { } partition)
            return;
        var broker = RouteParts.Get(context, "broker");
        if (Brokers.Exists(broker))
            await call.AnswerAsync(StatusCodes.Status200OK, TopicJson.WriteReplica, partition);
        else
            await call.FailAsync(new ApiError(404, 404, $"Partition {partition.Partition} of topic {partition.Topic.Name} has no replica on broker {broker}."));
    }

    public async Task ReassignmentsOfAllAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await AnswerNoneAsync(call, "/topics/-/partitions/-/reassignment");
    }

    public async Task ReassignmentsAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindTopicAsync() is { } topic)
            await AnswerNoneAsync(call, $"{TopicJson.PathOf(topic)}/partitions/-/reassignment");
    }

    public async Task ReassignmentAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindPartitionAsync() is { } partition)
            await call.FailAsync(new ApiError(404, 404, $"Partition {partition.Partition} of topic {partition.Topic.Name} is not being reassigned."));
    }

    private static Task AnswerNoneAsync(V3Call call, string path) => call.AnswerAsync(
        StatusCodes.Status200OK,
        static (writer, links, self) =>
        {
            V3Links.WriteListBegin(writer, "KafkaReassignmentList", links.Of(self));
            V3Links.WriteListEnd(writer);
        },
        path);
}

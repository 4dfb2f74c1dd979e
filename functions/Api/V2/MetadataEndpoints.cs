using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Api.V2;

/// <summary>What v2 tells of brokers, topics, partitions and their ends. Internal topics are not listed, but can be asked for by name.</summary>
internal sealed class MetadataEndpoints(LogEngine engine)
{
    /// <summary><c>GET /</c>: alive. Needs no storage; the Functions host waits for it.</summary>
    public static Task RootAsync(HttpContext context) => AnswerAsync(context, WriteEmpty, (object?)null);

    public static Task BrokersAsync(HttpContext context) => AnswerAsync(context, WriteBrokers, (object?)null);

    public async Task TopicsAsync(HttpContext context)
    {
        var topics = await engine.ListTopicsAsync(context.RequestAborted);
        if (topics.IsRefused)
            await Answer.ErrorAsync(context, ErrorMapping.From(topics.Refusal));
        else
            await AnswerAsync(context, WriteTopics, (topics.Value, Caller.Of(context)));
    }

    public async Task TopicAsync(HttpContext context)
    {
        var topic = await engine.FindTopicAsync(RouteParts.Get(context, "topic"), context.RequestAborted);
        if (topic.IsRefused)
            await Answer.ErrorAsync(context, ErrorMapping.From(topic.Refusal));
        else
            await AnswerAsync(context, WriteTopic, topic.Value);
    }

    public async Task PartitionsAsync(HttpContext context)
    {
        if (await FindAsync(context) is { } topic)
            await AnswerAsync(context, WritePartitions, topic);
    }

    public async Task PartitionAsync(HttpContext context)
    {
        if (await FindPartitionAsync(context) is { } found)
            await AnswerAsync(context, WritePartition, found.Partition);
    }

    /// <summary>The end is exclusive: the offset of the next record.</summary>
    public async Task OffsetsAsync(HttpContext context)
    {
        if (await FindPartitionAsync(context) is not { } found)
            return;
        var offsets = await engine.OffsetsAsync(found.Topic, found.Partition, context.RequestAborted);
        if (offsets.IsRefused)
            await Answer.ErrorAsync(context, ErrorMapping.From(offsets.Refusal));
        else
            await AnswerAsync(context, WriteOffsets, offsets.Value);
    }

    private static async Task AnswerAsync<TState>(HttpContext context, Action<Utf8JsonWriter, TState> write, TState state)
    {
        if (AcceptHeader.Choose(context.Request.Headers.Accept, MediaTypes.V2Answers) is { } type)
            await Answer.WriteAsync(context, StatusCodes.Status200OK, type, write, state);
        else
            await Answer.ErrorAsync(context, FormErrors.NotAcceptable(context.Request.Headers.Accept.ToString(), [MediaTypes.V2]));
    }

    private async ValueTask<Topic?> FindAsync(HttpContext context)
    {
        var name = RouteParts.Get(context, "topic");
        var topic = await engine.FindTopicAsync(name, context.RequestAborted);
        if (!topic.IsRefused)
            return topic.Value;
        await Answer.ErrorAsync(context, TopicErrors.ForTopic(topic.Refusal, name));
        return null;
    }

    private async ValueTask<(Topic Topic, int Partition)?> FindPartitionAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } topic)
            return null;
        var text = RouteParts.Get(context, "partition");
        if (!RouteParts.TryPartition(text, out var partition))
        {
            await Answer.ErrorAsync(context, FormErrors.UnknownPartition(topic.Name, text));
            return null;
        }

        var found = await engine.FindPartitionAsync(topic.Name, partition, context.RequestAborted);
        if (!found.IsRefused)
            return (found.Value, partition);
        await Answer.ErrorAsync(context, TopicErrors.ForPartition(found.Refusal));
        return null;
    }

    private static void WriteEmpty(Utf8JsonWriter writer, object? nothing)
    {
        writer.WriteStartObject();
        writer.WriteEndObject();
    }

    private static void WriteBrokers(Utf8JsonWriter writer, object? nothing)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("brokers"u8);
        writer.WriteNumberValue(Brokers.Only);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteTopics(Utf8JsonWriter writer, (IReadOnlyList<Topic> Topics, Caller Caller) list)
    {
        writer.WriteStartArray();
        foreach (var topic in list.Topics)
        {
            if (!topic.IsInternal && list.Caller.MaySee(topic.Name))
                writer.WriteStringValue(topic.Name);
        }

        writer.WriteEndArray();
    }

    private static void WriteTopic(Utf8JsonWriter writer, Topic topic)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, topic.Name);
        writer.WriteStartObject("configs"u8);
        foreach (var entry in topic.Config.Entries)
            writer.WriteString(entry.Name, entry.Value);
        writer.WriteEndObject();
        writer.WritePropertyName("partitions"u8);
        WritePartitions(writer, topic);
        writer.WriteEndObject();
    }

    private static void WritePartitions(Utf8JsonWriter writer, Topic topic)
    {
        writer.WriteStartArray();
        for (var partition = 0; partition < topic.Partitions; partition++)
            WritePartition(writer, partition);
        writer.WriteEndArray();
    }

    private static void WritePartition(Utf8JsonWriter writer, int partition)
    {
        writer.WriteStartObject();
        writer.WriteNumber("partition"u8, partition);
        writer.WriteNumber("leader"u8, Brokers.Only);
        writer.WriteStartArray("replicas"u8);
        writer.WriteStartObject();
        writer.WriteNumber("broker"u8, Brokers.Only);
        writer.WriteBoolean("leader"u8, true);
        writer.WriteBoolean("in_sync"u8, true);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteOffsets(Utf8JsonWriter writer, PartitionOffsets offsets)
    {
        writer.WriteStartObject();
        writer.WriteNumber("beginning_offset"u8, offsets.LogStart);
        writer.WriteNumber("end_offset"u8, offsets.HighWatermark);
        writer.WriteEndObject();
    }
}

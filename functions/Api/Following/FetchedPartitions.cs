using System.Text.Json;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Functions.Limits;

namespace ManagedLog.Functions.Api.Following;

/// <summary>Writes the answer about several partitions.</summary>
internal static class FetchedPartitions
{
    private const int FlushAfter = 64 * 1024;

    /// <summary>
    /// <c>{"kind":"KafkaFetch","partitions":[{"topic","partition",…ends,"records":[…],"next_offset"}]}</c>; with an error <c>error_code</c> and <c>message</c>. The bytes of keys and values
    /// are counted once more: what was compressed is larger here than it was read.
    /// </summary>
    public static async Task WriteAsync(HttpContext context, FetchQuery query, IReadOnlyList<FetchedPartition> fetched, Func<FollowedPartition, IRecordShape> shapes)
    {
        context.Response.ContentType = MediaTypes.Json;
        var room = RequestUse.Of(context)?.Room;
        var body = context.Response.BodyWriter;
        using var writer = new Utf8JsonWriter(body, JsonForm.Writing);
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "KafkaFetch"u8);
        writer.WriteStartArray("partitions"u8);
        var (records, bytes, flushed) = (0L, 0L, 0L);
        foreach (var part in fetched)
        {
            writer.WriteStartObject();
            WritePlace(writer, part.Partition);
            writer.WriteStartArray("records"u8);
            var shape = shapes(part.Partition);
            var reader = new FetchedRecords(part.Batches, part.FromOffset ?? 0, room);
            var next = part.Partition.Next;
            while (reader.TryReadNext(out var record))
            {
                if (records > 0 && (records >= query.MaxRecords || bytes + FetchedRecords.SizeOf(record) > query.MaxBytes))
                {
                    next = record.Offset;
                    break;
                }

                shape.Write(writer, record, reader.TimestampType);
                records++;
                bytes += FetchedRecords.SizeOf(record);
                if (writer.BytesCommitted + writer.BytesPending - flushed < FlushAfter)
                    continue;
                writer.Flush();
                flushed = writer.BytesCommitted;
                if ((await body.FlushAsync(context.RequestAborted)).IsCompleted)
                    return;
            }

            writer.WriteEndArray();
            if (next is { } offset)
                writer.WriteNumber("next_offset"u8, offset);
            else
                writer.WriteNull("next_offset"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        await body.FlushAsync(context.RequestAborted);
    }

    /// <summary>For each partition one line of JSON, which names it, its ends, <c>next_offset</c> and the <c>length</c> of its batches; then so many bytes of batches.</summary>
    public static async Task WriteRawAsync(HttpContext context, IReadOnlyList<FetchedPartition> fetched)
    {
        context.Response.ContentType = MediaTypes.RecordBatch + "; framing=partitions";
        var body = context.Response.BodyWriter;
        foreach (var part in fetched)
        {
            using (var line = new PooledBuffer())
            {
                using (var writer = new Utf8JsonWriter(line, JsonForm.Writing))
                {
                    writer.WriteStartObject();
                    WritePlace(writer, part.Partition);
                    if (part.Partition.Next is { } next)
                        writer.WriteNumber("next_offset"u8, next);
                    writer.WriteNumber("length"u8, part.Batches.Sum(static batch => (long)batch.Length));
                    writer.WriteEndObject();
                }

                line.GetSpan(1)[0] = (byte)'\n';
                line.Advance(1);
                await body.WriteAsync(line.Written, context.RequestAborted);
            }

            foreach (var batch in part.Batches)
            {
                if ((await body.WriteAsync(batch, context.RequestAborted)).IsCompleted)
                    return;
            }
        }
    }

    private static void WritePlace(Utf8JsonWriter writer, FollowedPartition partition)
    {
        writer.WriteString("topic"u8, partition.TopicName);
        writer.WriteNumber("partition"u8, partition.Number);
        if (partition.Error is { } error)
        {
            writer.WriteNumber("error_code"u8, error.Code);
            writer.WriteString("message"u8, error.Message);
        }

        if (partition.Ends is not { } ends)
            return;
        writer.WriteNumber("log_start_offset"u8, ends.LogStart);
        writer.WriteNumber("high_watermark"u8, ends.HighWatermark);
        writer.WriteNumber("log_end_offset"u8, ends.LogEnd);
    }
}

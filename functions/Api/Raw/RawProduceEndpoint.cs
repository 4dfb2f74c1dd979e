using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Limits;

namespace ManagedLog.Functions.Api.Raw;

/// <summary>
/// <c>POST /topics/{topic}/partitions/{partition}</c> with record batches as Kafka's clients build them. They are stored as they come, but for base offset, leader epoch,
/// where a batch has no producer, the producer that the service gives it, and where the topic has a compression.type, the codec. Producer id, epoch and sequence of a batch make a retry of it recognisable.
/// The answer is JSON with one entry for each batch.
/// </summary>
internal sealed class RawProduceEndpoint(LogEngine engine, ServiceOptions options)
{
    public static bool IsRaw(HttpRequest request) => request.ContentType is { } type && type.StartsWith(MediaTypes.RecordBatch, StringComparison.OrdinalIgnoreCase);

    public async Task HandleAsync(HttpContext context)
    {
        var name = RouteParts.Get(context, "topic");
        var text = RouteParts.Get(context, "partition");
        if (AcceptHeader.Choose(context.Request.Headers.Accept, MediaTypes.V2Answers) is null)
        {
            await Answer.ErrorAsync(context, FormErrors.NotAcceptable(context.Request.Headers.Accept.ToString(), [MediaTypes.V2]));
            return;
        }

        if (!BodyType.TryRead(context.Request, [MediaTypes.RecordBatch], out _, out var unsupported))
        {
            await Answer.ErrorAsync(context, unsupported);
            return;
        }

        if (!RouteParts.TryPartition(text, out var partition))
        {
            await Answer.ErrorAsync(context, FormErrors.UnknownPartition(name, text));
            return;
        }

        var topic = await engine.FindPartitionAsync(name, partition, context.RequestAborted);
        if (topic.IsRefused)
        {
            await Answer.ErrorAsync(context, TopicErrors.ForPartition(topic.Refusal));
            return;
        }

        List<Memory<byte>> batches;
        using (var body = await RequestBody.ReadAsync(context.Request, options.MaxProduceBytes, context.RequestAborted))
        {
            var error = FormErrors.BodyTooLarge(options.MaxProduceBytes);
            batches = [];
            if (body is null || (error = RawBatches.Split(body.Bytes, out batches)) is not null)
            {
                await Answer.ErrorAsync(context, error);
                return;
            }
        }

        var use = RequestUse.Of(context);
        var request = new AppendRequest(batches) { TryHold = use is null ? null : bytes => use.Hold(bytes) is null };
        var appended = await engine.AppendAsync(topic.Value, partition, request, context.RequestAborted);
        if (appended.IsRefused)
            await Answer.ErrorAsync(context, ErrorMapping.From(appended.Refusal));
        else
            await Answer.WriteAsync(context, StatusCodes.Status200OK, MediaTypes.V2, WriteOffsets, (partition, appended.Value));
    }

    private static void WriteOffsets(Utf8JsonWriter writer, (int Partition, AppendResult Result) answer)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("offsets"u8);
        foreach (var batch in answer.Result.Batches)
        {
            writer.WriteStartObject();
            writer.WriteNumber("partition"u8, answer.Partition);
            writer.WriteNumber("offset"u8, batch.BaseOffset);
            writer.WriteNull("error_code"u8);
            writer.WriteNull("error"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}

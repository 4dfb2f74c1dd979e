using System.Globalization;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Functions.Api.Raw;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Fetch;

/// <summary>
/// <c>GET /topics/{topic}/partitions/{partition}/records</c>: reads from any offset without a consumer instance, and answers as soon as there is a record. The headers
/// name the ends of the partition, also when the offset is outside them.
/// </summary>
internal sealed class FetchEndpoint(LogEngine engine, FollowEndpoint follow, TimeProvider time, IHostApplicationLifetime lifetime)
{
    public const string HighWatermarkHeader = "High-Watermark";
    public const string LogStartOffsetHeader = "Log-Start-Offset";
    public const string LogEndOffsetHeader = "Log-End-Offset";

    /// <summary>Between two flushes of a long answer, in bytes: so that a slow client holds back the reading and not the memory.</summary>
    private const int FlushAfter = 64 * 1024;

    public async Task HandleAsync(HttpContext context)
    {
        var name = RouteParts.Get(context, "topic");
        if (context.Request.RouteValues["cluster"] is string cluster && cluster != engine.ClusterId)
        {
            await Answer.ErrorAsync(context, FormErrors.UnknownCluster(cluster));
            return;
        }

        if (!FetchQuery.TryRead(context.Request, out var query, out var error))
        {
            await Answer.ErrorAsync(context, error);
            return;
        }

        var partition = RouteParts.Get(context, "partition");
        if (!RouteParts.TryPartition(partition, out var number))
        {
            await Answer.ErrorAsync(context, FormErrors.UnknownPartition(name, partition));
            return;
        }

        var topic = await engine.FindPartitionAsync(name, number, context.RequestAborted);
        if (topic.IsRefused)
            await Answer.ErrorAsync(context, TopicErrors.ForPartition(topic.Refusal));
        else if (query.IsStream)
            await follow.RunAsync(context, query, [FollowedPartition.Of(topic.Value, number, query.From)], EventIdForm.Partition);
        else
            await FetchAsync(context, topic.Value, number, query);
    }

    private async Task FetchAsync(HttpContext context, Topic topic, int partition, FetchQuery query)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var began = time.GetTimestamp();
        var from = query.From;
        while (true)
        {
            var left = query.MaxWait - time.GetElapsedTime(began);
            var request = new FetchRequest(from, query.MaxBytes, left > TimeSpan.Zero ? left : TimeSpan.Zero);
            Result<FetchResult> fetched;
            try
            {
                fetched = await engine.FetchAsync(topic, partition, request, stop.Token);
            }
            catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
            {
                // The service stops: whoever waits hears that there was nothing and asks another instance.
                if (query.IsRaw)
                    await RawAnswer.WriteAsync(context, []);
                else
                    await AnswerAsync(context, query, new RecordWriter(topic.Name, partition, query.Format), new FetchedRecords([], 0), default);
                return;
            }

            if (fetched.IsRefused)
            {
                await RefuseAsync(context, topic, partition, fetched.Refusal);
                return;
            }

            SetEnds(context.Response, fetched.Value.Offsets);
            if (query.IsRaw)
            {
                await RawAnswer.WriteAsync(context, fetched.Value.Batches);
                return;
            }

            var records = new FetchedRecords(fetched.Value.Batches, fetched.Value.FetchOffset);
            var isFound = records.TryReadNext(out var first);
            if (isFound || fetched.Value.Batches.Count == 0)
            {
                await AnswerAsync(context, query, new RecordWriter(topic.Name, partition, query.Format), records, isFound ? first : null);
                return;
            }

            // Only records that nobody is to see: go on behind them for what is left of the time.
            from = FetchFrom.At(fetched.Value.NextOffset);
        }
    }

    private async Task RefuseAsync(HttpContext context, Topic topic, int partition, Refusal refusal)
    {
        if (refusal.Code == ErrorCode.OffsetOutOfRange)
        {
            var offsets = await engine.OffsetsAsync(topic, partition, context.RequestAborted);
            if (!offsets.IsRefused)
                SetEnds(context.Response, offsets.Value);
        }

        await Answer.ErrorAsync(context, ErrorMapping.From(refusal));
    }

    /// <summary>Names the ends of the partition in the answer's headers.</summary>
    public static void SetEnds(HttpResponse response, PartitionOffsets offsets)
    {
        response.Headers[HighWatermarkHeader] = offsets.HighWatermark.ToString(CultureInfo.InvariantCulture);
        response.Headers[LogStartOffsetHeader] = offsets.LogStart.ToString(CultureInfo.InvariantCulture);
        response.Headers[LogEndOffsetHeader] = offsets.LogEnd.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// A record that the format cannot show ends the answer before it; where it is the first one, it is the error that the answer is. So a reader gets everything before
    /// such a record, then learns its offset, and may go on behind it.
    /// </summary>
    private static async Task AnswerAsync(HttpContext context, FetchQuery query, RecordWriter shape, FetchedRecords records, Record? first)
    {
        if (first is { } candidate && !shape.CanWrite(candidate))
        {
            var error = FetchErrors.Unreadable(RouteParts.Get(context, "topic"), int.Parse(RouteParts.Get(context, "partition"), CultureInfo.InvariantCulture), query.Format, candidate.Offset);
            await Answer.ErrorAsync(context, error);
            return;
        }

        context.Response.ContentType = query.ContentType;
        var body = context.Response.BodyWriter;
        using var writer = new Utf8JsonWriter(body, JsonForm.Writing);
        writer.WriteStartArray();
        long bytes = 0;
        long flushed = 0;
        var count = 0;
        var next = first;
        while (next is { } record && count < query.MaxRecords && (count == 0 || bytes + FetchedRecords.SizeOf(record) <= query.MaxBytes) && shape.CanWrite(record))
        {
            shape.Write(writer, record);
            bytes += FetchedRecords.SizeOf(record);
            count++;
            if (writer.BytesCommitted + writer.BytesPending - flushed >= FlushAfter)
            {
                writer.Flush();
                flushed = writer.BytesCommitted;
                if ((await body.FlushAsync(context.RequestAborted)).IsCompleted)
                    return;
            }

            next = records.TryReadNext(out var following) ? following : null;
        }

        writer.WriteEndArray();
        writer.Flush();
        await body.FlushAsync(context.RequestAborted);
    }
}

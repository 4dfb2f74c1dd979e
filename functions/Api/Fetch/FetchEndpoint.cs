using System.Globalization;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Api.Raw;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Functions.Limits;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;
using Microsoft.Extensions.Primitives;

namespace ManagedLog.Functions.Api.Fetch;

/// <summary>
/// <c>GET …/topics/{topic}/partitions/{partition}/records</c>, in v2 and in v3: reads from any offset without a consumer instance, and answers as soon as there is a
/// record. The headers name the ends of the partition, also when the offset is outside them.
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
            await Answer.ErrorAsync(context, FetchErrors.For(context)(topic.Refusal));
        else if (query.IsStream)
            await follow.RunAsync(context, query, [FollowedPartition.Of(topic.Value, number, query.From)], EventIdForm.Partition);
        else
            await FetchAsync(context, topic.Value, number, query, ShapeOf(context, topic.Value, number, query));
    }

    /// <summary>Under v3, JSON without a type that names what is inside has v3's own shape.</summary>
    private IRecordShape ShapeOf(HttpContext context, Topic topic, int partition, FetchQuery query)
    {
        if (!ApiPaths.IsV3(context.Request.Path) || query.ContentType != MediaTypes.Json)
            return new RecordWriter(topic.Name, partition, query.Format);
        var parameters = context.Request.Query;
        var links = new V3Links(context.Request, engine.ClusterId);
        EmbeddedFormat? format = parameters.ContainsKey("format") ? query.Format : null;
        return new V3RecordWriter(topic.Name, partition, format, engine.ClusterId, LinkTo);

        string LinkTo(long? next) =>
            links.Of($"{TopicJson.PathOf(topic)}/partitions/{partition}/records") + (next is { } offset ? NextQuery(parameters, offset) : context.Request.QueryString);
    }

    /// <summary>What was asked for, but from another offset on.</summary>
    private static QueryString NextQuery(IQueryCollection query, long offset) => QueryString.Create(
        query.Where(parameter => parameter.Key is not ("offset" or "timestamp"))
            .Prepend(KeyValuePair.Create("offset", new StringValues(offset.ToString(CultureInfo.InvariantCulture)))));

    private async Task FetchAsync(HttpContext context, Topic topic, int partition, FetchQuery query, IRecordShape shape)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var began = time.GetTimestamp();
        var from = query.From;
        var use = RequestUse.Of(context);
        var room = use?.Room;
        Func<int, int>? ask = room is null ? null : room.Ask;
        // So many records are in so many batches at most, and one more in which the first is not wanted.
        var bytes = (int)Math.Min(query.MaxBytes, (query.MaxRecords + 1L) * topic.Config.MaxMessageBytes);
        while (true)
        {
            var left = query.MaxWait - time.GetElapsedTime(began);
            var request = new FetchRequest(from, bytes, left > TimeSpan.Zero ? left : TimeSpan.Zero) { Room = ask };
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
                    await AnswerAsync(context, query, shape, new FetchedRecords([], 0), default, from.IsEarliest || from.IsLatest || from.IsTimestamp ? null : from.Offset);
                return;
            }

            if (fetched.IsRefused)
            {
                await RefuseAsync(context, topic, partition, fetched.Refusal);
                return;
            }

            room?.Settle(fetched.Value.Batches.Sum(static batch => (long)batch.Length));
            if (room?.FindShortage() is { } shortage)
            {
                // Many have waited for the same moment, or took long to read.
                await Answer.ErrorAsync(context, use!.Refused(shortage));
                return;
            }

            SetEnds(context.Response, fetched.Value.Offsets);
            if (query.IsRaw)
            {
                await RawAnswer.WriteAsync(context, fetched.Value.Batches);
                return;
            }

            var records = new FetchedRecords(fetched.Value.Batches, fetched.Value.FetchOffset, room);
            var isFound = records.TryReadNext(out var first);
            if (isFound || fetched.Value.Batches.Count == 0)
            {
                await AnswerAsync(context, query, shape, records, isFound ? first : null, fetched.Value.NextOffset);
                return;
            }

            // Only records that nobody is to see: go on behind them for what is left of the time.
            room?.Written();
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
    private static async Task AnswerAsync(
        HttpContext context, FetchQuery query, IRecordShape shape, FetchedRecords records, Record? first, long? nextOffset)
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
        shape.Begin(writer);
        long bytes = 0;
        long flushed = 0;
        var count = 0;
        var next = first;
        while (next is { } record && count < query.MaxRecords && (count == 0 || bytes + FetchedRecords.SizeOf(record) <= query.MaxBytes) && shape.CanWrite(record))
        {
            shape.Write(writer, record, records.TimestampType);
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

        // What was not given for want of room, or because the format cannot show it, comes next.
        shape.End(writer, next is { } left ? left.Offset : nextOffset);
        writer.Flush();
        await body.FlushAsync(context.RequestAborted);
    }
}

using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Consumers;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Functions.Limits;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary><c>GET …/records</c>: what comes next for a consumer instance, as a long poll or as a stream.</summary>
internal sealed class PollEndpoint(LogEngine engine, ConsumerEnding ending, ConsumerPoll poll, PollStream stream, IHostApplicationLifetime lifetime)
{
    /// <summary>Between two flushes of a long answer, in bytes.</summary>
    private const int FlushAfter = 64 * 1024;

    public async Task HandleAsync(HttpContext context)
    {
        var call = new ConsumerCall(context, engine, ending);
        var (stored, error) = await call.FindAsync();
        PollQuery? query = null;
        if (stored is not null)
            PollQuery.TryRead(context.Request, stored.Instance.Settings, out query, out error);
        if (error is not null)
        {
            await call.FailAsync(error);
            return;
        }

        // Nobody would see what it gave out.
        if (HeadRequests.IsHead(context))
        {
            context.Response.ContentType = query!.ContentType;
            return;
        }

        query = query! with { Use = RequestUse.Of(context) };
        if (query.IsStream)
        {
            await stream.RunAsync(context, call, query);
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var outcome = await poll.RunAsync(stored!, call.FindAsync, topics => TopicAccess.FindDenied(context, topics), query, stop.Token);
        if (outcome.Error is not null)
            await call.FailAsync(outcome.Error);
        else
            await AnswerAsync(context, query, outcome);
    }

    private async Task AnswerAsync(HttpContext context, PollQuery query, PollOutcome outcome)
    {
        var isGiven = false;
        try
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            isGiven = await WriteAsync(context, query, outcome.Parts);
        }
        finally
        {
            // Whoever has gone has not got it. Where the next poll has begun already, it went on behind this.
            if (!isGiven && outcome is { Stored: { } stored, Before: { } before })
                await engine.Consumers.ReplaceAsync(stored, before, CancellationToken.None);
        }
    }

    /// <summary>False: the client has gone.</summary>
    private static async ValueTask<bool> WriteAsync(HttpContext context, PollQuery query, IReadOnlyList<PolledBatches> parts)
    {
        context.Response.ContentType = query.ContentType;
        var body = context.Response.BodyWriter;
        using var writer = new Utf8JsonWriter(body, JsonForm.Writing);
        writer.WriteStartArray();
        var flushed = 0L;
        foreach (var part in parts)
        {
            var shape = new RecordWriter(part.Partition.TopicName, part.Partition.Number, query.Format, query.KeyFormat);
            var records = new FetchedRecords(part.Batches, part.From);
            while (records.TryReadNext(out var record) && record.Offset < part.End)
            {
                shape.Write(writer, record, records.TimestampType);
                if (writer.BytesCommitted + writer.BytesPending - flushed < FlushAfter)
                    continue;
                writer.Flush();
                flushed = writer.BytesCommitted;
                if ((await body.FlushAsync(context.RequestAborted)).IsCompleted)
                    return false;
            }
        }

        writer.WriteEndArray();
        writer.Flush();
        return !(await body.FlushAsync(context.RequestAborted)).IsCompleted;
    }
}

using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// <c>POST …/topics/{topic}/records:batch</c>: a few records, each with an id by which its success or failure is found in the answer, which is always 207 once the
/// request itself is good.
/// </summary>
internal sealed class RecordsBatchEndpoint(LogEngine engine, RecordAppender appender, Idempotency idempotency, ServiceOptions options, PlanDefaults defaults)
{
    public async Task ProduceAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        if (!BodyType.TryRead(context.Request, MediaTypes.V3Answers, out var type, out var error) || !Idempotency.TryRead(context.Request.Headers, out var key, out error))
        {
            await call.FailAsync(error);
            return;
        }

        if (type.IsLatin1)
        {
            await call.FailAsync(FormErrors.UnsupportedCharset("ISO-8859-1"));
            return;
        }

        using var body = await RequestBody.ReadAsync(context.Request, options.MaxProduceBytes, context.RequestAborted);
        var entries = new RecordEntries();
        error = body is null ? FormErrors.BodyTooLarge(options.MaxProduceBytes) : entries.Read(body.Bytes.Span, options.MaxBatchEntries);
        IdempotencyClaim? claim = null;
        if (error is null && key is not null)
            (claim, error) = await ClaimAsync(context, key, body!.Bytes);
        if (error is not null)
        {
            await call.FailAsync(error);
            return;
        }

        var target = new StreamTarget(RouteParts.Get(context, "topic"), engine, appender, options, defaults) { Claim = claim };
        var group = await PlanAsync(target, entries, body!.Bytes, context.RequestAborted);
        var outcome = group.Plan is { Batches.Count: > 0 } plan ? await target.AppendAsync(plan, context.RequestAborted) : null;
        await call.AnswerAsync(StatusCodes.Status207MultiStatus, WriteOutcome, (entries, group, outcome, RouteParts.Get(context, "topic")));
    }

    private async ValueTask<(IdempotencyClaim? Claim, ApiError? Error)> ClaimAsync(HttpContext context, string key, ReadOnlyMemory<byte> body)
    {
        var topic = await engine.FindTopicAsync(RouteParts.Get(context, "topic"), context.RequestAborted);
        return topic.IsRefused ? (null, ErrorMapping.From(topic.Refusal)) : await idempotency.ClaimAsync(key, topic.Value, context.Request, body);
    }

    /// <summary>All entries in one group, in their order.</summary>
    private static async ValueTask<StreamGroup> PlanAsync(StreamTarget target, RecordEntries entries, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var group = await target.BeginGroupAsync(cancellationToken);
        var form = new RecordForm { IsEntry = true };
        foreach (var (_, place) in entries.All)
            await target.AddAsync(group, form, body[place], cancellationToken);
        return group;
    }

    private static void WriteOutcome(Utf8JsonWriter writer, V3Links links, (RecordEntries Entries, StreamGroup Group, AppendOutcome? Outcome, string Topic) of)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("successes"u8);
        for (var i = 0; i < of.Entries.All.Count; i++)
        {
            var record = of.Group.Records[i];
            if (ErrorOf(record, of.Outcome) is not null)
                continue;
            var (offset, timestamp) = of.Outcome!.PlaceOf(record.Planned);
            writer.WriteStartObject();
            writer.WriteString("id"u8, of.Entries.All[i].Id);
            writer.WriteString("cluster_id"u8, links.ClusterId);
            writer.WriteString("topic_name"u8, of.Topic);
            ReportWriter.WritePlace(writer, record, offset, timestamp);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("failures"u8);
        for (var i = 0; i < of.Entries.All.Count; i++)
        {
            if (ErrorOf(of.Group.Records[i], of.Outcome) is not { } error)
                continue;
            writer.WriteStartObject();
            writer.WriteString("id"u8, of.Entries.All[i].Id);
            writer.WriteNumber("error_code"u8, error.Code);
            writer.WriteString("message"u8, error.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static ApiError? ErrorOf(in StreamedRecord record, AppendOutcome? outcome) => record.Planned.Error ?? outcome!.ErrorOf(record.Planned);
}

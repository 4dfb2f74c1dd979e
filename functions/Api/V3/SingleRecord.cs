using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Limits;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// A v3 produce of one record that is read to its end before anything is answered: under an Idempotency-Key, or where the client prefers its outcome as the status
/// (<see cref="PreferHeader.HttpStatus"/>).
/// </summary>
internal sealed class SingleRecord(LogEngine engine, Idempotency idempotency, ServiceOptions options)
{
    /// <summary>The claim, or the error that the answer is.</summary>
    public async ValueTask<(IdempotencyClaim? Claim, ApiError? Error)> ClaimAsync(HttpContext context, string key, byte[] body)
    {
        var topic = await engine.FindTopicAsync(RouteParts.Get(context, "topic"), context.RequestAborted);
        if (topic.IsRefused)
            return (null, ErrorMapping.From(topic.Refusal));
        return CountDocuments(body, out _) > 1
            ? (null, FormErrors.Unprocessable($"With {Idempotency.Header} the body is one record. Nothing was appended; send each under a key of its own."))
            : await idempotency.ClaimAsync(key, topic.Value, context.Request, body);
    }

    /// <summary>Appends the one record and answers with its report, and with the status that the report has.</summary>
    public static async Task ProduceAsync(HttpContext context, StreamTarget target, ReportWriter reports, ReadOnlyMemory<byte> body)
    {
        var group = await target.BeginGroupAsync(context.RequestAborted);
        try
        {
            await target.AddAsync(group, new RecordForm(), body, context.RequestAborted);
        }
        catch (JsonException exception)
        {
            group.Fail(FormErrors.MalformedJson(exception));
        }

        var record = group.Records[0];
        var outcome = record.Planned.Error is null ? await target.AppendAsync(group.Plan!, context.RequestAborted) : null;
        if ((record.Planned.Error ?? outcome!.ErrorOf(record.Planned)) is { } error)
        {
            await Answer.ErrorAsync(context, error);
            return;
        }

        var (offset, timestamp) = outcome!.PlaceOf(record.Planned);
        await Answer.WriteAsync(context, StatusCodes.Status200OK, MediaTypes.Json, reports.OfRecord(record, offset, timestamp));
    }

    /// <summary>The whole body is one document and nothing else.</summary>
    public static bool IsOne(byte[] body) => CountDocuments(body, out var last) == 1 && last == FrameStatus.None;

    /// <summary>The body to its end; null: it is larger than <c>MaxProduceBytes</c>.</summary>
    public ValueTask<byte[]?> ReadAsync(HttpContext context, PipeReader body) => ReadAsync(body, options.MaxProduceBytes, RequestUse.Of(context), context.RequestAborted);

    private static async ValueTask<byte[]?> ReadAsync(PipeReader body, int limit, RequestUse? use, CancellationToken cancellationToken)
    {
        var held = 0L;
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            if (read.Buffer.Length > limit)
            {
                body.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (use?.Hold(read.Buffer.Length - held) is { } excess)
                throw new RequestRefusedException(excess);
            use?.CameIn(read.Buffer.Length - held);
            held = read.Buffer.Length;
            if (read.IsCompleted)
            {
                var whole = read.Buffer.ToArray();
                body.AdvanceTo(read.Buffer.End);
                return whole;
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static int CountDocuments(byte[] body, out FrameStatus last)
    {
        var framer = new JsonFramer();
        var rest = new ReadOnlySequence<byte>(body);
        var count = 0;
        while ((last = framer.TryTake(ref rest, out _)) == FrameStatus.Document)
            count++;
        return count;
    }
}

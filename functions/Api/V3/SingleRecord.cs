using System.Buffers;
using System.IO.Pipelines;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Api.V3;

/// <summary>A v3 produce under an Idempotency-Key: its body is one record, read to its end before anything is answered.</summary>
internal sealed class SingleRecord(LogEngine engine, Idempotency idempotency, ServiceOptions options)
{
    /// <summary>The claim, and the same body to be read again; or the error that the answer is.</summary>
    public async ValueTask<(IdempotencyClaim? Claim, PipeReader Body, ApiError? Error)> ClaimAsync(HttpContext context, string key, PipeReader body)
    {
        var name = RouteParts.Get(context, "topic");
        var topic = await engine.FindTopicAsync(name, context.RequestAborted);
        if (topic.IsRefused)
            return (null, body, ErrorMapping.From(topic.Refusal));
        var whole = await ReadAsync(body, options.MaxProduceBytes, context.RequestAborted);
        if (whole is null)
            return (null, body, FormErrors.BodyTooLarge(options.MaxProduceBytes));
        if (CountDocuments(whole) > 1)
            return (null, body, FormErrors.Unprocessable($"With {Idempotency.Header} the body is one record. Nothing was appended; send each under a key of its own."));
        var (claim, error) = await idempotency.ClaimAsync(key, topic.Value, context.Request, whole);
        return (claim, PipeReader.Create(new ReadOnlySequence<byte>(whole)), error);
    }

    private static async ValueTask<byte[]?> ReadAsync(PipeReader body, int limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            if (read.Buffer.Length > limit)
            {
                body.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var whole = read.Buffer.ToArray();
                body.AdvanceTo(read.Buffer.End);
                return whole;
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static int CountDocuments(byte[] body)
    {
        var framer = new JsonFramer();
        var rest = new ReadOnlySequence<byte>(body);
        var count = 0;
        while (framer.TryTake(ref rest, out _) == FrameStatus.Document)
            count++;
        return count;
    }
}

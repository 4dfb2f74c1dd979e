using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Limits;
using ManagedLog.Functions.Security;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// <c>POST …/topics/{topic}/records</c>: concatenated JSON documents in, one report for each out, in their order, each in a chunk of its own and followed by <c>\r\n</c>.
/// The status is 200 whatever becomes of the records, because it is sent before they are read.
/// </summary>
internal sealed class RecordsEndpoint(
    LogEngine engine, RecordAppender appender, SingleRecord single, ServiceOptions options, PlanDefaults defaults, Authentication authentication, TimeProvider time,
    IHostApplicationLifetime lifetime)
{
    /// <summary>Between the last report and the end of a connection on which the client still sends.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    public async Task ProduceAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (!await call.BeginAsync())
            return;
        if (!BodyType.TryRead(context.Request, MediaTypes.V3Answers, out var type, out var error))
        {
            await call.FailAsync(error);
            return;
        }

        var detection = context.Features.Get<IHttpRequestBodyDetectionFeature>();
        if (context.Request.ContentLength == 0 || detection is { CanHaveBody: false })
        {
            await call.FailAsync(FormErrors.NoRecords);
            return;
        }

        if (!Idempotency.TryRead(context.Request.Headers, out var key, out error))
        {
            await call.FailAsync(error);
            return;
        }

        var body = type.IsLatin1
            ? PipeReader.Create(Encoding.CreateTranscodingStream(context.Request.Body, Encoding.Latin1, Encoding.UTF8))
            : context.Request.BodyReader;
        var topic = RouteParts.Get(context, "topic");
        var caller = Caller.Of(context);
        var target = new StreamTarget(topic, engine, appender, options, defaults) { CheckCaller = cancellationToken => authentication.CheckAgainAsync(caller, cancellationToken) };
        using var reports = new ReportWriter(engine.ClusterId, topic);
        var wantsStatus = PreferHeader.Asks(context.Request, PreferHeader.HttpStatus);
        var isWhole = false;
        if (key is not null || wantsStatus)
        {
            // Both are about a single record, so the body has to be there before anything is answered.
            var whole = await single.ReadAsync(context, body);
            error = whole is null ? FormErrors.BodyTooLarge(options.MaxProduceBytes) : null;
            IdempotencyClaim? claim = null;
            if (whole is not null && key is not null)
                (claim, error) = await single.ClaimAsync(context, key, whole);
            if (error is not null)
            {
                await call.FailAsync(error);
                return;
            }

            target = new StreamTarget(topic, engine, appender, options, defaults) { Claim = claim };
            if (wantsStatus && SingleRecord.IsOne(whole!))
            {
                context.Response.Headers["Preference-Applied"] = PreferHeader.HttpStatus;
                await SingleRecord.ProduceAsync(context, target, reports, whole);
                return;
            }

            isWhole = true;
            body = PipeReader.Create(new ReadOnlySequence<byte>(whole!));
        }

        LiftLimits(context);
        await StartAsync(context, body);
        await using var stopping = lifetime.ApplicationStopping.Register(body.CancelPendingRead);
        using var clock = new RecordClock(body, options.Limits.RecordTimeout, time);
        var stream = new RecordsStream(target, body, context.Response.BodyWriter, reports, clock, isWhole ? null : RequestUse.Of(context));
        using var limit = new CancellationTokenSource(options.MaxStreamTime, time);
        await using var ending = limit.Token.Register(() => stream.End(FormErrors.StreamTooLong(options.MaxStreamTime)));
        await stream.RunAsync(context.RequestAborted);
        if (!stream.IsBodyAtEnd)
            await HangUpAsync(context, body);
    }

    /// <summary>
    /// Ends an answer whose client may still be sending: it gets a moment to see the end and to stop, during which what it sends is thrown away. Closed at once, the
    /// connection would be reset, and the client could lose the last reports.
    /// </summary>
    private async Task HangUpAsync(HttpContext context, PipeReader body)
    {
        await context.Response.CompleteAsync();
        using var grace = new CancellationTokenSource(Grace, time);
        try
        {
            ReadResult read;
            do
            {
                read = await body.ReadAsync(grace.Token);
                body.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    /// <summary>Sends the headers. A client that expects "100 Continue" gets it first, which only the first read does.</summary>
    private static async Task StartAsync(HttpContext context, PipeReader body)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = MediaTypes.Json;
        if (context.Request.Headers.Expect.Count > 0)
        {
            var first = await body.ReadAsync(context.RequestAborted);
            body.AdvanceTo(first.Buffer.Start);
        }

        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>A stream may be quiet for as long as it likes, and its length is counted by itself. A body of known length is to come as any other.</summary>
    private static void LiftLimits(HttpContext context)
    {
        if (!RequestKinds.IsOfKnownLength(context.Request) && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
    }
}

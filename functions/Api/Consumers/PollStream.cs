using ManagedLog.Engine.Consumers;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Security;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>
/// A consumer instance's records as they come: one poll after another in one answer, each taken note of before it is sent. A client that lost some on the way names the last event that it
/// has seen when it comes again, and gets what came behind it; so an instance has one reader at a time.
/// </summary>
internal sealed class PollStream(
    ConsumerPoll poll, Authentication authentication, ServiceOptions options, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<PollStream> logger)
{
    /// <summary>Given out by one poll, in bytes: so much a slow client can hold.</summary>
    private const int ChunkBytes = StreamLimits.ReadBytes;

    public async Task RunAsync(HttpContext context, ConsumerCall call, PollQuery query)
    {
        var (stored, error) = await call.ChangeAsync(stored => GoBackAsync(context.Request, stored.Instance));
        if (stored is null)
        {
            await call.FailAsync(error!);
            return;
        }

        await using var guard = new StreamGuard(context, authentication, options.Engine, time, lifetime.ApplicationStopping);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, guard.Ended);
        var limited = query with { MaxBytes = Math.Min(query.MaxBytes, ChunkBytes) };
        var outcome = await PollAsync(context, call, stored, limited, TimeSpan.Zero, stop.Token);
        if (outcome.Error is not null)
        {
            await call.FailAsync(outcome.Error);
            return;
        }

        var response = context.Response;
        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        response.ContentType = query.ContentType;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        using var writer = new EventWriter(query, response.BodyWriter, time);
        var begin = outcome.Before ?? outcome.Stored?.Instance;
        response.Headers[FollowEndpoint.LastEventIdHeader] = EventWriter.IdOf(begin);
        try
        {
            await response.StartAsync(context.RequestAborted);
            writer.Begin(begin);
            if (!await GoOnAsync(context, call, outcome, limited, writer, guard, stop.Token))
                context.Abort();
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested && exception is not OperationCanceledException)
        {
            logger.LogError(exception, "{Method} {Path} failed in the middle of its stream.", context.Request.Method, context.Request.Path);
            writer.Error(new ApiError(500, 50002, "The service failed; its log tells why. Ask again with the last event's id."));
            await writer.FlushAsync(context.RequestAborted);
        }
    }

    /// <summary>Until the stream's time is over, or nothing came for as long as the client said. False: the client does not take what is sent.</summary>
    private async ValueTask<bool> GoOnAsync(HttpContext context, ConsumerCall call, PollOutcome outcome, PollQuery query, EventWriter writer, StreamGuard guard, CancellationToken stop)
    {
        var (began, found) = (time.GetTimestamp(), time.GetTimestamp());
        var records = 0;
        while (true)
        {
            if (outcome.Error is { } error)
            {
                writer.Error(error);
                return await writer.FlushAsync(context.RequestAborted);
            }

            if (outcome.Parts.Count > 0)
            {
                found = time.GetTimestamp();
                records += outcome.Parts.Sum(static part => part.Records);
                if (!await writer.RecordsAsync(outcome, context.RequestAborted))
                    return false;
            }

            var left = StreamLimits.Lifetime - time.GetElapsedTime(began);
            var quiet = query.HasTimeout ? query.MaxWait - time.GetElapsedTime(found) : left;
            if (left <= TimeSpan.Zero || quiet <= TimeSpan.Zero || stop.IsCancellationRequested || records >= query.MaxRecords)
            {
                writer.End(guard.Ended.IsCancellationRequested);
                return await writer.FlushAsync(context.RequestAborted);
            }

            if (outcome.Parts.Count == 0)
                writer.HeartbeatIfDue();
            if (!await writer.FlushAsync(context.RequestAborted))
                return false;
            var wait = writer.HeartbeatIn < left ? writer.HeartbeatIn : left;
            var (again, gone) = outcome.Stored is { } known ? (known, null) : await call.FindAsync();
            outcome = again is null
                ? PollOutcome.Failed(gone!)
                : await PollAsync(context, call, again, query with { MaxRecords = query.MaxRecords - records }, quiet < wait ? quiet : wait, stop);
        }
    }

    private ValueTask<PollOutcome> PollAsync(HttpContext context, ConsumerCall call, StoredConsumer stored, PollQuery query, TimeSpan wait, CancellationToken stop) =>
        poll.RunAsync(stored, call.FindAsync, topics => TopicAccess.FindDenied(context, topics), query with { MaxWait = wait }, stop);

    /// <summary>What came behind the last event that the client has seen is given once more. Partitions that it does not have any more are passed over.</summary>
    private static ValueTask<(ConsumerInstance?, ApiError?)> GoBackAsync(HttpRequest request, ConsumerInstance instance)
    {
        var id = request.Headers[FollowEndpoint.LastEventIdHeader].ToString();
        if (id.Length == 0)
            id = request.Query["last_event_id"].ToString();
        if (id.Length == 0)
            return ValueTask.FromResult<(ConsumerInstance?, ApiError?)>((instance, null));
        if (!EventPosition.TryParse(id, out var seen))
            return ValueTask.FromResult<(ConsumerInstance?, ApiError?)>((null, FormErrors.BadParameter($"The event id '{id}' is none; it is as the stream's last event had it.")));
        var moved = seen.Select(place => (place.Next, Position: place.Topic is null ? null : instance.Find(place.Topic, place.Partition)))
            .Where(place => place.Position?.Next > place.Next)
            .Select(place => place.Position! with { Next = place.Next })
            .ToList();
        return ValueTask.FromResult<(ConsumerInstance?, ApiError?)>((moved.Count == 0 ? instance : instance.Move(moved), null));
    }
}

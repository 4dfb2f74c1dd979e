using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Limits;
using ManagedLog.Functions.Security;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedLog.Functions.Api.Following;

/// <summary>Answers with a stream of records: as server-sent events or as lines of JSON, of one partition or of several.</summary>
internal sealed class FollowEndpoint(
    LogEngine engine, Authentication authentication, ServiceOptions options, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<FollowEndpoint> logger)
{
    public const string LastEventIdHeader = "Last-Event-ID";

    /// <summary>
    /// An error that leaves nothing to send is the answer itself; what happens later stands in the stream. The id in the header is where the stream begins, by which
    /// also a reader of lines can go on that got none.
    /// </summary>
    /// <param name="hasGrown">Whether there are partitions now that the stream should have and does not; null: there never are.</param>
    public async Task RunAsync(HttpContext context, FetchQuery query, IReadOnlyList<FollowedPartition> partitions, EventIdForm form, Func<ValueTask<bool>>? hasGrown = null)
    {
        if (FindError(query, partitions, form) is { } error)
        {
            await Answer.ErrorAsync(context, error);
            return;
        }

        using var follower = new PartitionFollower(engine, partitions, time, FetchErrors.For(context), RequestUse.Of(context)?.Room);
        await follower.OpenAsync();
        if (partitions.All(partition => partition.Error is not null) || partitions.Any(partition => partition.Next is null))
        {
            await RefuseAsync(context, partitions.First(partition => partition.Error is not null));
            return;
        }

        var ids = new EventIds(partitions, form == EventIdForm.Topics);
        await using var guard = new StreamGuard(context, authentication, options.Engine, time, lifetime.ApplicationStopping);
        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        SetHeaders(context.Response, query, partitions, ids);
        using var stream = new RecordFollower(follower, partition => ShapeOf(context, partition, query), query, ids, context.Response.BodyWriter, time, RequestUse.Of(context))
        {
            HasGrown = hasGrown,
        };
        try
        {
            await context.Response.StartAsync(context.RequestAborted);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            if (HeadRequests.IsHead(context))
                return;
            if (!await stream.RunAsync(guard.Ended, context.RequestAborted))
                context.Abort();
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested && exception is not OperationCanceledException)
        {
            logger.LogError(exception, "{Method} {Path} failed in the middle of its stream.", context.Request.Method, context.Request.Path);
            await stream.FailAsync(new ApiError(500, 50002, "The service failed; its log tells why. Go on behind the last record."), context.RequestAborted);
        }
    }

    /// <summary>Under v3, what has no type that names what is inside has v3's own shape.</summary>
    private IRecordShape ShapeOf(HttpContext context, FollowedPartition partition, FetchQuery query) => ApiPaths.IsV3(context.Request.Path)
        ? new V3RecordWriter(partition.TopicName, partition.Number, query.NamedFormat, engine.ClusterId, static _ => "")
        : new RecordWriter(partition.TopicName, partition.Number, query.Format);

    private async Task RefuseAsync(HttpContext context, FollowedPartition partition)
    {
        if (partition.Error!.Status == StatusCodes.Status416RangeNotSatisfiable)
        {
            var offsets = await engine.OffsetsAsync(partition.Topic!, partition.Number, context.RequestAborted);
            if (!offsets.IsRefused)
                FetchEndpoint.SetEnds(context.Response, offsets.Value);
        }

        await Answer.ErrorAsync(context, partition.Error);
    }

    private static ApiError? FindError(FetchQuery query, IReadOnlyList<FollowedPartition> partitions, EventIdForm form)
    {
        if (EventIds.MaxLength(partitions, form == EventIdForm.Topics) > StreamLimits.MaxIdLength)
            return FormErrors.BadParameter($"The id of an event would become longer than {StreamLimits.MaxIdLength} bytes; name fewer partitions in one stream.");
        return query.LastEventId is { } id ? EventResumption.Apply(id, partitions, form) : null;
    }

    private static void SetHeaders(HttpResponse response, FetchQuery query, IReadOnlyList<FollowedPartition> partitions, EventIds ids)
    {
        response.ContentType = query.ContentType;
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        response.Headers[LastEventIdHeader] = ids.ToString();
        if (partitions is [{ Ends: { } ends }])
            FetchEndpoint.SetEnds(response, ends);
    }
}

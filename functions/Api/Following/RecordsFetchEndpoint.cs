using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Functions.Limits;
using ManagedLog.Functions.Security;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Following;

/// <summary>
/// <c>POST /v3/clusters/{cluster}/records:fetch</c>: several partitions of any topics in one request. Answers as soon as one of them has a record, or an error; what is wrong with
/// one partition stands at its place and holds up no other, what is wrong with the request refuses it as a whole.
/// </summary>
internal sealed class RecordsFetchEndpoint(LogEngine engine, FollowEndpoint follow, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int DefaultPartitionBytes = 1024 * 1024;

    private int _first;

    public async Task HandleAsync(HttpContext context)
    {
        if (context.Request.RouteValues["cluster"] is string cluster && cluster != engine.ClusterId)
        {
            await Answer.ErrorAsync(context, FormErrors.UnknownCluster(cluster));
            return;
        }

        var (body, error) = await V3Body.ReadAsync(context, RecordsFetchBodies.Default.RecordsFetchBody);
        FetchQuery? query = null;
        IReadOnlyList<FollowedPartition> partitions = [];
        if (error is null && FetchQuery.TryRead(context.Request, body!.Parameters(), hasPlaces: true, out query, out error))
            (partitions, error) = await FindAsync(context, body);
        if (error is not null)
            await Answer.ErrorAsync(context, error);
        else if (query!.IsStream)
            await follow.RunAsync(context, query, partitions, EventIdForm.Topics);
        else
            await FetchAsync(context, query, partitions, (int)Math.Min(body!.MaxPartitionBytes ?? DefaultPartitionBytes, query.MaxBytes));
    }

    private async ValueTask<(IReadOnlyList<FollowedPartition> Partitions, ApiError? Error)> FindAsync(HttpContext context, RecordsFetchBody body)
    {
        if (body.Partitions is not { Count: > 0 } places)
            return ([], FormErrors.Unprocessable("partitions is empty; name some: [{\"topic\":\"orders\",\"partition\":0,\"offset\":0}]."));
        if (places.Count > StreamLimits.MaxPartitions)
            return ([], FormErrors.BadParameter($"One request has at most {StreamLimits.MaxPartitions} partitions; this one has {places.Count}."));
        if (body.MaxPartitionBytes < 1)
            return ([], FormErrors.BadParameter("max_partition_bytes is a number from 1 on."));
        var caller = Caller.Of(context);
        var named = new HashSet<(string, int)>();
        var partitions = new List<FollowedPartition>(places.Count);
        foreach (var place in places)
        {
            if (place is null)
                return ([], FormErrors.Malformed("A partition is an object."));
            if (!place.TryReadFrom(out var from, out var error))
                return ([], error);
            var (topic, number) = (place.Topic!, place.Partition!.Value);
            if (!named.Add((topic, number)))
                return ([], FormErrors.BadParameter($"{topic}/{number} is named twice."));
            if (!caller.May(Permission.Consume, Resource.Topic(topic)))
            {
                partitions.Add(FollowedPartition.Missing(topic, number, from, SecurityErrors.Denied(Permission.Consume, Resource.Topic(topic))));
                continue;
            }

            var found = await engine.FindPartitionAsync(topic, number, context.RequestAborted);
            partitions.Add(found.IsRefused
                ? FollowedPartition.Missing(topic, number, from, FetchErrors.For(context)(found.Refusal))
                : FollowedPartition.Of(found.Value, number, from));
        }

        return (partitions, null);
    }

    private async Task FetchAsync(HttpContext context, FetchQuery query, IReadOnlyList<FollowedPartition> partitions, int maxPartitionBytes)
    {
        var use = RequestUse.Of(context);
        using var reads = new PartitionFollower(engine, partitions, time, FetchErrors.For(context), use?.Room);
        await reads.OpenAsync();
        await WaitAsync(context, query, reads);
        var fetched = await GatherAsync(reads, query.MaxBytes, maxPartitionBytes);
        if (use?.Room.FindShortage() is { } shortage)
            await Answer.ErrorAsync(context, use.Refused(shortage));
        else if (query.IsRaw)
            await FetchedPartitions.WriteRawAsync(context, fetched);
        else
            await FetchedPartitions.WriteAsync(context, query, fetched, partition => new V3RecordWriter(partition.TopicName, partition.Number, query.NamedFormat, engine.ClusterId, static _ => ""));
    }

    private async ValueTask WaitAsync(HttpContext context, FetchQuery query, PartitionFollower reads)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var began = time.GetTimestamp();
        try
        {
            while (!reads.IsAnyReady && reads.Partitions.All(partition => partition.Error is null))
            {
                if (!await reads.WaitAsync(query.MaxWait - time.GetElapsedTime(began), stop.Token))
                    return;
            }
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The service stops: whoever waits hears that there was nothing and asks another instance.
        }
    }

    /// <summary>
    /// Takes from each partition what its share and what is left of the whole allow, each time beginning with another one, so that where the whole is too little for all, each is
    /// served in its turn. The answer has them in that order. A batch that is larger than its partition's share is given alone, and one that is larger than all where it is the first.
    /// </summary>
    private async ValueTask<IReadOnlyList<FetchedPartition>> GatherAsync(PartitionFollower reads, int maxBytes, int maxPartitionBytes)
    {
        var partitions = reads.Partitions;
        var first = (int)((uint)Interlocked.Increment(ref _first) % partitions.Count);
        var left = (long)maxBytes;
        var isFirst = true;
        var fetched = new List<FetchedPartition>(partitions.Count);
        for (var i = 0; i < partitions.Count; i++)
        {
            var partition = partitions[(first + i) % partitions.Count];
            var (batches, from) = (new List<ReadOnlyMemory<byte>>(), partition.Next);
            var share = Math.Min(maxPartitionBytes, left);
            while (share > 0 && await reads.ReadAsync(partition, (int)share) is { } result)
            {
                var bytes = result.Batches.Sum(static batch => (long)batch.Length);
                if (!isFirst && bytes > (batches.Count == 0 ? left : share))
                    break;
                isFirst = false;
                batches.AddRange(result.Batches);
                partition.GoOnAt(result.NextOffset);
                (share, left) = (share - bytes, left - bytes);
            }

            fetched.Add(new FetchedPartition(partition, batches, from));
        }

        return fetched;
    }
}

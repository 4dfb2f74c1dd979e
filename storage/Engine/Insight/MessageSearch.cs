using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// Searches the records of a topic in steps of bounded work: bytes, time, matches, partitions. A step reads past the cache, lets others have the thread in between, and
/// at most
/// <see cref="MaxAtOnce"/> are under way on one instance, so that nobody who produces or fetches has to wait for a search.
/// </summary>
internal sealed class MessageSearch(PartitionContext context, PartitionRegistry partitions)
{
    /// <summary>Steps under way on this instance; another one is refused and can be asked for again.</summary>
    public const int MaxAtOnce = 2;

    /// <summary>What one storage operation reads.</summary>
    public const int RangeBytes = 4 * 1024 * 1024;

    private int _underWay;

    /// <inheritdoc cref="ClusterInsight.SearchAsync"/>
    public async ValueTask<Result<SearchResult>> SearchAsync(Topic topic, SearchRequest request, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _underWay) > MaxAtOnce)
        {
            Interlocked.Decrement(ref _underWay);
            return new Refusal(ErrorCode.ThrottlingQuotaExceeded, $"{MaxAtOnce} searches are under way on this instance; ask again in a second.");
        }

        try
        {
            return await StepAsync(topic, request, cancellationToken);
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException or BlobMissingException)
        {
            return new Refusal(ErrorCode.KafkaStorageError, $"Topic '{topic.Name}' could not be searched: {e.Message} Try again.");
        }
        catch (PartitionBrokenException e)
        {
            return new Refusal(ErrorCode.CorruptMessage, $"Topic '{topic.Name}' could not be searched: {e.Message}");
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private async ValueTask<Result<SearchResult>> StepAsync(Topic topic, SearchRequest request, CancellationToken cancellationToken)
    {
        var first = 0;
        if (request.Resume is { } resume)
        {
            first = request.Partitions.ToList().IndexOf(resume.Partition);
            if (first < 0)
                return new Refusal(ErrorCode.InvalidRequest, $"The position is of partition {resume.Partition}, which this search does not look at. Begin it again.");
        }

        var step = new SearchStep(request.Query, request.Limits, context.Time);
        var bytes = new PassingReader(context, RangeBytes);
        for (var at = first; at < request.Partitions.Count; at++)
        {
            var left = request.Resume is { } given && at == first ? given : new SearchPosition(request.Partitions[at], request.FromOffset, SearchPosition.Unset);
            var stop = step.Stop ?? (step.Partitions == SearchLimits.MaxPartitions ? SearchStop.Partitions : null);
            if (stop is { } why)
                return Answer(why, left);
            step.Partitions++;
            var searched = await SearchAsync(topic, request, left, step, bytes, cancellationToken);
            if (searched.IsRefused)
                return searched.Refusal;
            if (searched.Value is { } rest)
                return Answer(step.Stop ?? SearchStop.Time, rest);
        }

        return Answer(SearchStop.End, null);

        SearchResult Answer(SearchStop why, SearchPosition? next) => new(
            step.Matches, new SearchedAmount(step.Records, step.Batches, step.Bytes, step.Unreadable, bytes.Operations, step.Partitions), why, next);
    }

    /// <summary>What is left of this partition; null: nothing.</summary>
    private async ValueTask<Result<SearchPosition?>> SearchAsync(
        Topic topic, SearchRequest request, SearchPosition left, SearchStep step, PassingReader bytes, CancellationToken cancellationToken)
    {
        var log = partitions.Get(topic, left.Partition);
        var found = step.Matches.Count;
        for (var isAgain = false; ; isAgain = true)
        {
            var looked = await log.SeeAsync(isAgain || left.High == SearchPosition.Unset ? TimeSpan.Zero : context.Options.HeadMaxAge);
            if (looked.IsRefused)
                return looked.Refusal;
            try
            {
                return await SearchAsync(looked.Value, log.Indexes, request, left, step, bytes, cancellationToken);
            }
            catch (BlobMissingException) when (!isAgain && step.Matches.Count == found)
            {
                // The view is older than an hour, and what it names was replaced and deleted.
            }
        }
    }

    private static async ValueTask<SearchPosition?> SearchAsync(
        LogView view, SegmentIndexes indexes, SearchRequest request, SearchPosition left, SearchStep step, PassingReader bytes, CancellationToken cancellationToken)
    {
        var ends = view.Offsets;
        var low = Math.Max(left.Low, ends.LogStart);
        var high = Math.Min(left.High == SearchPosition.Unset ? request.ToOffset : left.High, ends.HighWatermark);
        if (low >= high)
            return null;
        var search = new PartitionSearch(left.Partition, view, indexes, bytes, request.Query, step);
        if (!request.IsNewestFirst)
        {
            var next = await search.ForwardAsync(low, high, cancellationToken);
            return next >= high ? null : left with { Low = next, High = high };
        }

        if (left.High == SearchPosition.Unset && request.Query.ToTimestamp is { } to)
        {
            if (await search.EndOfTimeAsync(to, high, cancellationToken) is not { } end)
                return left;
            high = end;
        }

        var below = await search.BackwardAsync(low, high, cancellationToken);
        return below <= low ? null : left with { Low = low, High = below };
    }
}

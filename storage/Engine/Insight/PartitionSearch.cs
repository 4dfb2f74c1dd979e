using ManagedLog.Engine.Log;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// Searches one view of a partition, forward or backward, as far as the step allows. Reads past the cache; every batch's CRC is checked. Offsets that compaction took out
/// are just not
/// there.
/// </summary>
/// <remarks>
/// Backward it goes by stretches of about <see cref="SearchLimits.StretchBytes"/> between points of the segment's index. The index of a segment that is not rewritten yet
/// and that this instance has not
/// read is made first, which is work of the step too and is kept: a later step goes on with it.
/// </remarks>
internal sealed class PartitionSearch(int partition, LogView view, SegmentIndexes indexes, PassingReader bytes, MessageQuery query, SearchStep step)
{
    /// <summary>From <paramref name="low"/> on. Answers where to go on; <paramref name="high"/>: all was searched.</summary>
    public async ValueTask<long> ForwardAsync(long low, long high, CancellationToken cancellationToken)
    {
        var next = low;
        while (next < high && step.Stop is null)
        {
            var segment = next >= view.Active!.BaseOffset ? null : view.Chain!.Find(next) ?? throw Missing(next);
            if (segment is not null && segment.MaxTimestamp < (query.FromTimestamp ?? long.MinValue))
            {
                next = segment.EndOffset;
                continue;
            }

            var extent = segment is null ? view.Active : await indexes.ExtentAsync(segment);
            var (reached, isPast) = await ForwardAsync(extent, next, high, cancellationToken);
            if (isPast)
                return high;
            next = reached;
        }

        return Math.Min(next, high);
    }

    /// <summary>From <paramref name="high"/> back. Answers the offset below which to go on; <paramref name="low"/>: all was searched.</summary>
    public async ValueTask<long> BackwardAsync(long low, long high, CancellationToken cancellationToken)
    {
        var below = high;
        while (below > low && step.Stop is null)
        {
            var segment = below > view.Active!.BaseOffset ? null : view.Chain!.Find(below - 1) ?? throw Missing(below - 1);
            if (segment is not null && segment.MaxTimestamp < (query.FromTimestamp ?? long.MinValue))
            {
                below = segment.BaseOffset;
                continue;
            }

            var extent = segment is null ? view.Active : await indexes.ExtentAsync(segment);
            if (!await CoverAsync(extent, cancellationToken))
                break;
            below = await BackwardAsync(extent, Math.Max(low, extent.BaseOffset), below, cancellationToken);
        }

        return Math.Max(below, low);
    }

    /// <summary>
    /// The offset of the first record at or after a time, or <paramref name="high"/> if there is none below it; null: the step ended before it was found.
    /// </summary>
    public async ValueTask<long?> EndOfTimeAsync(long timestamp, long high, CancellationToken cancellationToken)
    {
        foreach (var segment in view.Chain!.Sealed)
        {
            if (segment.MaxTimestamp < timestamp || segment.EndOffset <= view.Offsets.LogStart)
                continue;
            if (segment.BaseOffset >= high)
                return high;
            var extent = await indexes.ExtentAsync(segment);
            if (!await CoverAsync(extent, cancellationToken))
                return null;
            if (await FirstAtAsync(extent, timestamp) is { } found)
                return Math.Min(found, high);
        }

        return view.Active is { } active && active.BaseOffset < high && await FirstAtAsync(active, timestamp) is { } last ? Math.Min(last, high) : high;
    }

    private async ValueTask<(long Next, bool IsPast)> ForwardAsync(SegmentExtent extent, long low, long high, CancellationToken cancellationToken)
    {
        var position = extent.Index.Floor(low);
        if (query.FromTimestamp is { } from)
            position = Math.Max(position, extent.Index.FloorOfTime(from).Position);
        var walk = new SegmentWalk(bytes, extent, position);
        var next = low;
        while (step.Stop is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!await walk.MoveNextAsync())
                return (Math.Max(next, extent.EndOffset), false);
            if (walk.Header.BaseOffset >= high)
                return (high, true);
            if (walk.Header.NextOffset <= next)
                continue;
            await step.PassAsync(walk.Header);
            if (!walk.Header.IsControl && query.MayMatch(walk.Header))
            {
                var sink = step.NewSink(keepsLast: false);
                var batch = await walk.ReadAsync();
                var end = query.ToTimestamp is { } to && walk.Header.MaxTimestamp >= to ? FirstAt(batch, to) : null;
                step.Collect(batch, next, Math.Min(high, end ?? high), sink);
                foreach (var record in sink.Records)
                    step.Take(partition, record);
                if (sink.IsFull)
                    return (step.Matches[^1].Record.Offset + 1, false);
                if (end is not null)
                    return (high, true);
            }

            next = Math.Min(walk.Header.NextOffset, extent.EndOffset);
        }

        return (next, false);
    }

    private async ValueTask<long> BackwardAsync(SegmentExtent extent, long low, long high, CancellationToken cancellationToken)
    {
        var index = extent.Index;
        var below = high;
        var to = Math.Min(index.Ceiling(high) ?? extent.EndPosition, extent.EndPosition);
        var first = index.Floor(low);
        while (below > low && step.Stop is null)
        {
            var from = Math.Max(first, index.FloorOfPosition(Math.Max(first, to - step.Limits.StretchBytes)));
            var sink = step.NewSink(keepsLast: true);
            var stretch = extent with { EndPosition = to, EndOffset = Math.Min(extent.EndOffset, below) };
            var walk = new SegmentWalk(bytes, stretch, from);
            while (await walk.MoveNextAsync())
            {
                cancellationToken.ThrowIfCancellationRequested();
                await step.PassAsync(walk.Header);
                if (walk.Header.NextOffset > low && !walk.Header.IsControl && query.MayMatch(walk.Header))
                    step.Collect(await walk.ReadAsync(), low, below, sink);
            }

            foreach (var record in sink.Records.Reverse())
                step.Take(partition, record);
            if (sink.HasDropped)
                return step.Matches[^1].Record.Offset;
            if (from <= first)
                return low;
            to = from;
            below = Math.Min(below, index.OffsetAt(from));
        }

        return below;
    }

    /// <summary>Reads on until the index knows the whole segment. False: the step ended before.</summary>
    private async ValueTask<bool> CoverAsync(SegmentExtent extent, CancellationToken cancellationToken)
    {
        if (extent.Index.CoveredPosition >= extent.EndPosition)
            return true;
        var walk = new SegmentWalk(bytes, extent, extent.Index.CoveredPosition);
        while (step.Stop is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!await walk.MoveNextAsync())
                return true;
            await step.PassAsync(walk.Header);
        }

        return false;
    }

    /// <summary>Where the index knows the whole segment, a few batches.</summary>
    private async ValueTask<long?> FirstAtAsync(SegmentExtent extent, long timestamp)
    {
        var start = view.Offsets.LogStart;
        var walk = new SegmentWalk(bytes, extent, Math.Max(extent.Index.FloorOfTime(timestamp).Position, extent.Index.Floor(start)));
        while (await walk.MoveNextAsync())
        {
            await step.PassAsync(walk.Header);
            if (walk.Header.MaxTimestamp >= timestamp && walk.Header.NextOffset > start)
                return FirstAt(await walk.ReadAsync(), timestamp) ?? walk.Header.BaseOffset;
        }

        return null;
    }

    /// <summary>The offset of the first record of a batch at or after a time; null: there is none that can be read.</summary>
    private static long? FirstAt(ReadOnlyMemory<byte> batch, long timestamp)
    {
        if (!RecordBatchReader.TryOpen(batch, RecordLimits.MaxDecompressedBytes, out var reader, out _))
            return null;
        while (reader.TryReadNext(out var record))
        {
            if (record.Timestamp >= timestamp)
                return record.Offset;
        }

        return null;
    }

    private PartitionBrokenException Missing(long offset) => new($"No segment of the chain of partition {partition} holds offset {offset}.");
}

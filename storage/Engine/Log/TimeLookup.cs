using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Finds the first record at or after a time: over whole segments by the chain's largest timestamps, to a part of one by its index, to a batch by the largest timestamp in
/// its header, and in it record by record. Timestamps need not increase along the log, and mostly do not where producers set them: what is found is the first in offset
/// order, as in Kafka.
/// </summary>
/// <remarks>
/// In a segment whose index is known this takes one storage operation, and none where the bytes are at hand; a rewritten segment's index is one operation more. Segments
/// of <c>.log</c> blobs that this instance has not read are read from their beginning.
/// </remarks>
internal sealed class TimeLookup(ReadCache cache, SegmentIndexes indexes)
{
    /// <summary>The first record of the view that is not older, or the view's end. Throws <see cref="BlobMissingException"/> when the view is too old.</summary>
    public async ValueTask<OffsetAtTime> FindAsync(LogView view, long timestamp)
    {
        var start = view.Offsets.LogStart;
        if (view.Chain is { } chain)
        {
            foreach (var segment in chain.Sealed)
            {
                if (segment.MaxTimestamp >= timestamp && segment.EndOffset > start
                    && await FindAsync(await indexes.ExtentAsync(segment), timestamp, start) is { } found)
                    return found;
            }
        }

        return view.Active is { } active && await FindAsync(active, timestamp, start) is { } last ? last : new OffsetAtTime(view.Offsets.HighWatermark, null);
    }

    private async ValueTask<OffsetAtTime?> FindAsync(SegmentExtent extent, long timestamp, long start)
    {
        var (from, to) = extent.Index.SpanOfTime(timestamp);
        if (start > extent.BaseOffset)
            from = Math.Max(from, extent.Index.Floor(start));
        to = Math.Min(to, extent.EndPosition);
        if (from < to)
            await cache.PrefetchAsync(extent.Blob, from, to);
        var walk = new SegmentWalk(cache, extent, from);
        while (await walk.MoveNextAsync())
        {
            if (walk.Header.MaxTimestamp >= timestamp && walk.Header.NextOffset > start && FindIn(await walk.ReadAsync(), timestamp, start) is { } found)
                return found;
        }

        return null;
    }

    /// <summary>
    /// The first such record of one batch. One whose records cannot be read is answered as a whole, by its first offset and largest timestamp: who goes on from there
    /// misses nothing. Null: its header promises a later record than it has.
    /// </summary>
    private static OffsetAtTime? FindIn(ReadOnlyMemory<byte> batch, long timestamp, long start)
    {
        if (RecordBatchReader.TryOpen(batch, RecordLimits.MaxDecompressedBytes, out var reader, out _))
        {
            while (reader.TryReadNext(out var record))
            {
                if (record.Timestamp >= timestamp && record.Offset >= start)
                    return new OffsetAtTime(record.Offset, record.Timestamp);
            }

            if (reader.Defect == BatchDefect.None)
                return null;
        }

        RecordBatchHeader.TryRead(batch.Span, out var header);
        return new OffsetAtTime(Math.Max(header.BaseOffset, start), header.MaxTimestamp);
    }
}

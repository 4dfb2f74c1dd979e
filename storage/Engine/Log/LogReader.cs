using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Log;

/// <summary>Reads whole batches out of segments, through the cache. Needs no lock and no writer: all that a view shows stands for good.</summary>
internal sealed class LogReader(ReadCache cache, SegmentIndexes indexes)
{
    private readonly SequentialReads _sequential = new();

    /// <summary>
    /// Batches from the one that holds <paramref name="offset"/> on, or if compaction took that away from the next one on, up to the end of their segment. None: there is
    /// none up to the view's end. The offset must lie within the view's ends. Stops before a batch that would pass <paramref name="maxBytes"/>, but always gives one. Every
    /// batch's CRC is checked. Throws <see cref="BlobMissingException"/> when the view is too old.
    /// </summary>
    public async ValueTask<List<ReadOnlyMemory<byte>>> ReadAsync(LogView view, long offset, int maxBytes)
    {
        var active = view.Active!;
        while (offset < active.BaseOffset)
        {
            var segment = view.Chain!.Find(offset) ?? throw new PartitionBrokenException($"No segment of the chain holds offset {offset}.");
            var batches = HasBatches(segment) ? await ReadAsync(await indexes.ExtentAsync(segment), offset, maxBytes) : [];
            if (batches.Count > 0)
                return batches;
            if (!segment.IsRewritten)
                throw new PartitionBrokenException($"No batch of segment {segment.Blob} holds offset {offset}, which lies before its end.");
            // What stood at its end was superseded: the next record is in a later segment.
            offset = segment.EndOffset;
        }

        if (offset == active.EndOffset)
            return [];
        var last = await ReadAsync(active, offset, maxBytes);
        return last.Count > 0 ? last : throw new PartitionBrokenException($"No batch of segment {active.Blob} holds offset {offset}, which lies before its end.");
    }

    private static bool HasBatches(ChainSegmentRow segment) => segment.Bytes > 0;

    private async ValueTask<List<ReadOnlyMemory<byte>>> ReadAsync(SegmentExtent extent, long offset, int maxBytes)
    {
        var batches = new List<ReadOnlyMemory<byte>>();
        var walk = new SegmentWalk(cache, extent, extent.Index.Floor(offset)) { Wanted = maxBytes };
        var bytes = 0L;
        var next = offset;
        while (await walk.MoveNextAsync())
        {
            if (walk.Header.NextOffset <= offset)
                continue;
            if (batches.Count > 0 && bytes + walk.Header.SizeInBytes > maxBytes)
                break;
            batches.Add(await walk.ReadAsync());
            bytes += walk.Header.SizeInBytes;
            next = walk.Header.NextOffset;
            walk.Wanted = Math.Max(1, maxBytes - bytes);
        }

        // Who reads on where he stopped before will read on again: meanwhile the answer is on its way to him.
        if (_sequential.Note(offset, next))
            cache.ReadAhead(extent.Blob, walk.Position, extent.EndPosition, bytes);

        return batches;
    }
}

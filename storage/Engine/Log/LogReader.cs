namespace ManagedLog.Engine.Log;

/// <summary>Reads whole batches out of segments, through the cache. Needs no lock and no writer: all that a view shows stands for good.</summary>
internal sealed class LogReader(ReadCache cache, SegmentIndexes indexes)
{
    /// <summary>
    /// Batches from the one that holds <paramref name="offset"/> on, up to the end of its segment. The offset must lie within the view's ends.
    /// Stops before a batch that would pass <paramref name="maxBytes"/>, but always gives one. Every batch's CRC is checked.
    /// Throws <see cref="BlobMissingException"/> when the view is too old.
    /// </summary>
    public async ValueTask<List<ReadOnlyMemory<byte>>> ReadAsync(LogView view, long offset, int maxBytes)
    {
        var extent = offset >= view.Active!.BaseOffset
            ? view.Active
            : await indexes.ExtentAsync(view.Chain!.Find(offset) ?? throw new PartitionBrokenException($"No segment of the chain holds offset {offset}."));
        var batches = new List<ReadOnlyMemory<byte>>();
        var walk = new SegmentWalk(cache, extent, extent.Index.Floor(offset));
        var bytes = 0L;
        while (await walk.MoveNextAsync())
        {
            if (walk.Header.NextOffset <= offset)
                continue;
            if (batches.Count > 0 && bytes + walk.Header.SizeInBytes > maxBytes)
                break;
            batches.Add(await walk.ReadAsync());
            bytes += walk.Header.SizeInBytes;
        }

        return batches;
    }
}

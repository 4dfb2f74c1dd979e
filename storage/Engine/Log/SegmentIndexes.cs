using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// The indexes of one partition's sealed segments, within a bound, first in first out. A rewritten segment's is read from its footer, with one storage operation that all
/// who need it share; a <c>.log</c> blob's grows as it is read. One that has gone is made again when it is needed.
/// </summary>
internal sealed class SegmentIndexes(PartitionContext context, TopicPartition partition)
{
    public const int MaxIndexes = 32;

    /// <summary>Points of all indexes together: 6 MiB, eight segments of 1 GiB. One index is kept however large.</summary>
    public const int MaxPoints = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, OffsetIndex> _indexes = [];
    private readonly Queue<string> _order = new();
    private readonly Dictionary<string, Task> _loads = [];

    /// <summary>Keeps the index of a segment that was active here, so that reading it later need not scan it.</summary>
    public void Remember(SegmentExtent extent)
    {
        lock (_lock)
            Keep(extent.Blob, extent.Index);
    }

    /// <summary>The segment's extent with its index. Throws <see cref="BlobMissingException"/> when the row is too old.</summary>
    public async ValueTask<SegmentExtent> ExtentAsync(ChainSegmentRow segment)
    {
        while (true)
        {
            Task? others = null;
            TaskCompletionSource? mine = null;
            lock (_lock)
            {
                if (!_indexes.TryGetValue(segment.Blob, out var index) && !segment.IsRewritten)
                {
                    index = new OffsetIndex(segment.BaseOffset, SegmentHeaderFrame.Size);
                    Keep(segment.Blob, index);
                }

                if (index is not null)
                    return Extent(segment, index);
                if (!_loads.TryGetValue(segment.Blob, out others))
                {
                    mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    _loads.Add(segment.Blob, mine.Task);
                }
            }

            if (mine is null)
            {
                await others!;
                continue;
            }

            try
            {
                var index = await LoadAsync(segment);
                lock (_lock)
                    Keep(segment.Blob, index);
                return Extent(segment, index);
            }
            finally
            {
                lock (_lock)
                    _loads.Remove(segment.Blob);
                mine.SetResult(); // Whoever waited looks again, and reads for itself if this read failed.
            }
        }
    }

    private static SegmentExtent Extent(ChainSegmentRow segment, OffsetIndex index) => new(segment.Blob, segment.BaseOffset, segment.EndOffset, segment.Bytes, index);

    /// <summary>An index is only a hint where to begin to read: without a sound footer, the batches are read from the first on.</summary>
    private async ValueTask<OffsetIndex> LoadAsync(ChainSegmentRow segment)
    {
        var outcome = await context.Backend.ReadRangeAsync(segment.Blob, segment.Bytes, segment.FooterBytes, CancellationToken.None);
        if (outcome.Status == OutcomeStatus.Missing)
            throw new BlobMissingException(segment.Blob);
        if (!outcome.IsDone)
            throw new StorageUnavailableException($"Reading the footer of {segment.Blob}: {outcome}");
        if (SegmentFooter.TryDecode(outcome.Value.Content, out var footer)
            && OffsetIndex.Decode(footer.OffsetIndex.Span) is { } index && index.Covers(segment.BaseOffset, 0, segment.Bytes))
            return index;
        Log.NoFooter(context.Logger, partition, segment.Blob);
        return new OffsetIndex(segment.BaseOffset, 0);
    }

    private void Keep(string blob, OffsetIndex index)
    {
        if (!_indexes.TryAdd(blob, index))
            return;
        _order.Enqueue(blob);
        while (_order.Count > 1 && (_order.Count > MaxIndexes || _indexes.Values.Sum(kept => (long)kept.PointCount) > MaxPoints))
            _indexes.Remove(_order.Dequeue());
    }
}

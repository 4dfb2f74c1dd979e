using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>Reads whole batches out of segments, through the cache. Needs no lock and no writer: all that a view shows stands for good.</summary>
internal sealed class LogReader(ReadCache cache)
{
    /// <summary>Indexes of sealed segments that are kept at most; each is rebuilt by reading when it is needed again.</summary>
    private const int MaxIndexes = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, OffsetIndex> _indexes = [];
    private readonly Queue<string> _indexOrder = new();

    /// <summary>Keeps the index of a segment that was active here, so that reading it later need not scan it.</summary>
    public void Remember(SegmentExtent extent)
    {
        lock (_lock)
            Keep(extent.Blob, extent.Index);
    }

    /// <summary>
    /// Batches from the one that holds <paramref name="offset"/> on, up to the end of its segment. The offset must lie within the view's ends.
    /// Stops before a batch that would pass <paramref name="maxBytes"/>, but always gives one. Every batch's CRC is checked.
    /// Throws <see cref="BlobMissingException"/> when the view is too old.
    /// </summary>
    public async ValueTask<List<ReadOnlyMemory<byte>>> ReadAsync(LogView view, long offset, int maxBytes)
    {
        var extent = offset >= view.Active!.BaseOffset
            ? view.Active
            : Sealed(view.Chain!.Find(offset) ?? throw new PartitionBrokenException($"No segment of the chain holds offset {offset}."));
        var batches = new List<ReadOnlyMemory<byte>>();
        var position = extent.Index.Floor(offset);
        var bytes = 0L;
        while (position < extent.EndPosition)
        {
            var available = await cache.ReadAsync(extent.Blob, position, extent.EndPosition);
            var frame = SegmentFrame.Read(available.Span, verify: false);
            if (frame.Kind == FrameKind.Incomplete)
            {
                available = await ReadWholeAsync(extent, position);
                frame = SegmentFrame.Read(available.Span, verify: false);
            }

            if (frame.Kind == FrameKind.Header)
            {
                position += frame.Length;
                continue;
            }

            if (frame.Kind != FrameKind.Batch)
                throw new PartitionBrokenException($"Segment {extent.Blob} is damaged at position {position} ({frame.Kind}, {frame.Defect}).");
            extent.Index.Add(frame.Batch.BaseOffset, position, frame.Length, frame.Batch.MaxTimestamp);
            if (frame.Batch.BaseOffset >= extent.EndOffset)
                break;
            if (frame.Batch.NextOffset > offset)
            {
                if (batches.Count > 0 && bytes + frame.Length > maxBytes)
                    break;
                var batch = available[..frame.Length];
                if (RecordBatchCheck.Check(batch.Span, out _) is var defect && defect != BatchDefect.None)
                    throw new PartitionBrokenException($"Segment {extent.Blob} is damaged at position {position} ({defect}).");
                batches.Add(batch);
                bytes += frame.Length;
            }

            position += frame.Length;
        }

        return batches;
    }

    /// <summary>A frame that crosses the edge of what was at hand, put together in memory of its own.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReadWholeAsync(SegmentExtent extent, long position)
    {
        var known = await CopyAsync(extent, position, RecordBatchHeader.Size);
        var frame = SegmentFrame.Read(known, verify: false);
        return frame.Kind == FrameKind.Incomplete && frame.Length > known.Length ? await CopyAsync(extent, position, frame.Length) : known;
    }

    private async ValueTask<byte[]> CopyAsync(SegmentExtent extent, long position, int count)
    {
        var bytes = new byte[(int)Math.Min(count, extent.EndPosition - position)];
        var copied = 0;
        while (copied < bytes.Length)
        {
            var part = await cache.ReadAsync(extent.Blob, position + copied, extent.EndPosition);
            var length = Math.Min(part.Length, bytes.Length - copied);
            part.Span[..length].CopyTo(bytes.AsSpan(copied));
            copied += length;
        }

        return bytes;
    }

    private SegmentExtent Sealed(ChainSegmentRow segment)
    {
        lock (_lock)
        {
            if (!_indexes.TryGetValue(segment.Blob, out var index))
            {
                index = new OffsetIndex(segment.BaseOffset, SegmentHeaderFrame.Size);
                Keep(segment.Blob, index);
            }

            return new SegmentExtent(segment.Blob, segment.BaseOffset, segment.EndOffset, segment.Bytes, index);
        }
    }

    private void Keep(string blob, OffsetIndex index)
    {
        if (!_indexes.TryAdd(blob, index))
            return;
        _indexOrder.Enqueue(blob);
        if (_indexOrder.Count > MaxIndexes)
            _indexes.Remove(_indexOrder.Dequeue());
    }
}

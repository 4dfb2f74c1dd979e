using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Goes through one segment from batch to batch, beginning at a position that is known to be a boundary. Looks at headers only, unless the batch is asked for. Takes note
/// of what it passes in the segment's index.
/// </summary>
internal sealed class SegmentWalk(ISegmentBytes bytes, SegmentExtent extent, long position)
{
    /// <summary>An index tells where to begin to within half of it; who passes over more goes through what no index knows yet.</summary>
    private const int ScanAfter = 64 * 1024;

    private ReadOnlyMemory<byte> _available;
    private long _passedFrom = position;
    private long _position = position;
    private int _length;

    /// <summary>How much will be read from here on, as far as that is known: storage is asked for so much at once.</summary>
    public long Wanted { get; set; }

    /// <summary>What has to be gone through costs as few operations as may be, however little is wanted at its end.</summary>
    private long Asked => _position - _passedFrom > ScanAfter ? ReadCache.LargestLoad : Wanted;

    /// <summary>Of the batch at which it stands.</summary>
    public RecordBatchHeader Header { get; private set; }

    /// <summary>Where that batch begins; behind the last one once there is none.</summary>
    public long Position => _position;

    /// <summary>Goes to the next batch. False: there is none before the segment's end.</summary>
    public async ValueTask<bool> MoveNextAsync()
    {
        _position += _length;
        _length = 0;
        while (_position < extent.EndPosition)
        {
            var frame = await ReadFrameAsync();
            if (frame.Kind == FrameKind.Header)
            {
                _position += frame.Length;
                continue;
            }

            // A batch whose header is at hand, whether all of it is or not.
            if (frame.Kind is not (FrameKind.Batch or FrameKind.Incomplete) || frame.Batch.SizeInBytes == 0 || frame.Length > extent.EndPosition - _position)
                throw new PartitionBrokenException($"Segment {extent.Blob} is damaged at position {_position} ({frame.Kind}, {frame.Defect}).");
            extent.Index.Add(frame.Batch.BaseOffset, _position, frame.Length, frame.Batch.MaxTimestamp);
            if (frame.Batch.BaseOffset >= extent.EndOffset)
                return false;
            Header = frame.Batch;
            _length = frame.Length;
            return true;
        }

        return false;
    }

    /// <summary>The whole batch at which it stands, its CRC checked. The memory is shared and must not be changed.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        _passedFrom = _position + _length;
        var batch = _available.Length >= _length ? _available[.._length] : await CopyAsync(_length);
        if (RecordBatchCheck.Check(batch.Span, out _) is var defect && defect != BatchDefect.None)
            throw new PartitionBrokenException($"Segment {extent.Blob} is damaged at position {_position} ({defect}).");
        return batch;
    }

    private async ValueTask<SegmentFrame> ReadFrameAsync()
    {
        _available = await bytes.ReadAsync(extent.Blob, _position, extent.EndPosition, Asked);
        var frame = SegmentFrame.Read(_available.Span, verify: false);
        for (var needed = RecordBatchHeader.Size; frame.Kind == FrameKind.Incomplete && frame.Batch.SizeInBytes == 0; needed = frame.Length)
        {
            // What tells its length crosses the edge of what was at hand.
            var copy = await CopyAsync(needed);
            frame = SegmentFrame.Read(copy, verify: false);
            if (copy.Length < needed || frame.Length <= copy.Length)
                break;
        }

        return frame;
    }

    /// <summary>Bytes that cross the edge of what was at hand, put together in memory of its own; fewer where the segment ends.</summary>
    private async ValueTask<byte[]> CopyAsync(int count)
    {
        var copy = new byte[(int)Math.Min(count, extent.EndPosition - _position)];
        for (var copied = 0; copied < copy.Length;)
        {
            var part = await bytes.ReadAsync(extent.Blob, _position + copied, extent.EndPosition, Wanted);
            var length = Math.Min(part.Length, copy.Length - copied);
            part.Span[..length].CopyTo(copy.AsSpan(copied));
            copied += length;
        }

        return copy;
    }
}

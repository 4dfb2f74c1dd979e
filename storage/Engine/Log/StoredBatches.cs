using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Reads a sealed segment from its first batch to its last, past the read cache, and checks on the way that it is what the chain says: whole, intact, in order, and up to
/// the end that the chain gives. Memory is one range of 4 MiB, or one batch where that is larger.
/// </summary>
internal sealed class StoredBatches(PartitionContext context, TopicPartition partition, ChainSegmentRow segment)
{
    private ReadOnlyMemory<byte> _content;
    private long _position;
    private int _taken;
    private long _nextOffset = segment.BaseOffset;
    private int _leaderEpoch;

    /// <summary>Of the batch at which it stands.</summary>
    public RecordBatchHeader Header { get; private set; }

    /// <summary>All of it, its CRC checked. Valid until the next move.</summary>
    public ReadOnlyMemory<byte> Batch { get; private set; }

    /// <summary>
    /// Goes to the next batch; false: there is none. Throws <see cref="BlobMissingException"/>, <see cref="StorageUnavailableException"/>, and <see
    /// cref="PartitionBrokenException"/> for what is not as it should be.
    /// </summary>
    public async ValueTask<bool> MoveNextAsync()
    {
        if (_position == 0 && !segment.IsRewritten)
            await PassHeaderAsync();
        if (!await HasAsync(1))
        {
            RequireWhole(segment.IsRewritten ? _nextOffset <= segment.EndOffset : _nextOffset == segment.EndOffset, $"its batches end at offset {_nextOffset}");
            return false;
        }

        Require(await HasAsync(RecordBatchHeader.Size), "it ends within a batch");
        RecordBatchHeader.TryRead(_content.Span[_taken..], out var header);
        var defect = RecordBatchCheck.CheckHeader(header);
        Require(defect == BatchDefect.None, $"no sound batch stands at offset {_nextOffset} ({defect})");
        Require(await HasAsync(header.SizeInBytes), "it ends within a batch");
        Require(
            header.BaseOffset >= _nextOffset && (segment.IsRewritten || header.BaseOffset == _nextOffset) && header.NextOffset <= segment.EndOffset,
            $"a batch of offsets {header.BaseOffset} to {header.LastOffset} stands where offset {_nextOffset} belongs");
        Require(header.LeaderEpoch >= _leaderEpoch, $"leader epoch {header.LeaderEpoch} follows {_leaderEpoch} at offset {_nextOffset}");
        Batch = _content.Slice(_taken, header.SizeInBytes);
        defect = RecordBatchCheck.Check(Batch.Span, out _);
        Require(defect == BatchDefect.None, $"the batch of offset {header.BaseOffset} is damaged ({defect})");
        Header = header;
        _taken += header.SizeInBytes;
        _nextOffset = header.NextOffset;
        _leaderEpoch = header.LeaderEpoch;
        return true;
    }

    private async ValueTask PassHeaderAsync()
    {
        Require(
            await HasAsync(SegmentHeaderFrame.Size) && SegmentHeaderFrame.TryRead(_content.Span, out var header) && header.TopicPartition == partition
            && header.Segment == segment.Segment && header.BaseOffset == segment.BaseOffset,
            "it begins with no header of its own");
        _taken = SegmentHeaderFrame.Size;
    }

    /// <summary>Whether so many bytes stand at hand; reads on for them. False: the segment ends before.</summary>
    private async ValueTask<bool> HasAsync(int count)
    {
        while (_content.Length - _taken < count)
        {
            var left = _content[_taken..];
            var wanted = (int)Math.Min(Math.Max(SegmentObjectWriter.BlockBytes, count - left.Length), segment.Bytes - _position);
            if (wanted == 0)
                return false;
            var range = await ReadAsync(wanted);
            RequireWhole(!range.IsEmpty, $"it ends at position {_position}, before {segment.Bytes}");
            if (range.IsEmpty)
                return false;
            _position += range.Length;
            _content = left.IsEmpty ? range : Join(left.Span, range.Span);
            _taken = 0;
        }

        return true;
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(int count)
    {
        var outcome = await context.Backend.ReadRangeAsync(segment.Blob, _position, count, CancellationToken.None);
        return outcome.Status switch
        {
            OutcomeStatus.Done => outcome.Value.Content,
            OutcomeStatus.Missing => throw new BlobMissingException(segment.Blob),
            OutcomeStatus.ConditionFailed or OutcomeStatus.Throttled or OutcomeStatus.Unknown =>
                throw new StorageUnavailableException($"Reading {segment.Blob} at {_position}: {outcome}"),
            _ => throw new InvalidOperationException(outcome.ToString()),
        };
    }

    private static byte[] Join(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var joined = GC.AllocateUninitializedArray<byte>(left.Length + right.Length);
        left.CopyTo(joined);
        right.CopyTo(joined.AsSpan(left.Length));
        return joined;
    }

    /// <summary>R5: what is read is all of it.</summary>
    private void RequireWhole(bool holds, string otherwise) => Require(holds || !context.Rules.CheckRewrites, otherwise);

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new PartitionBrokenException($"Segment {segment.Blob} is not what the chain of {partition} says: {otherwise}.");
    }
}

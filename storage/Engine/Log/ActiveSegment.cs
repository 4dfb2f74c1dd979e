using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// All that one instance knows of the segment that takes appends: everything in it up to <see cref="Position"/>. Owned by the partition's writer loop.
/// Nothing may be appended at a position that has not been read up to.
/// </summary>
internal sealed class ActiveSegment(ActiveSegmentRef reference, string blob, ProducerState producers)
{
    private int _lastLeaderEpoch;

    /// <summary>The same, as far as a checkpoint of this segment knows it.</summary>
    public ActiveSegment(ActiveSegmentRef reference, string blob, Checkpoint checkpoint)
        : this(reference, blob, checkpoint.Producers)
    {
        Index = checkpoint.Index;
        Position = checkpoint.Position;
        OpenedAt = checkpoint.Position;
        NextOffset = checkpoint.NextOffset;
        MaxTimestamp = checkpoint.MaxTimestamp;
        _lastLeaderEpoch = checkpoint.LeaderEpoch;
    }

    public SegmentId Segment { get; } = reference.Segment;

    public long BaseOffset { get; } = reference.BaseOffset;

    public long CreatedAt { get; } = reference.CreatedAt;

    public string Blob { get; } = blob;

    public string? ProducersBlob { get; } = reference.ProducersBlob;

    public OffsetIndex Index { get; } = new(reference.BaseOffset, SegmentHeaderFrame.Size);

    /// <summary>Of the whole partition, up to <see cref="Position"/>.</summary>
    public ProducerState Producers { get; } = producers;

    /// <summary>Where the next frame begins: a frame boundary, 0 before the header has been read.</summary>
    public long Position { get; private set; }

    /// <summary>What was known from a checkpoint when it was opened; 0 without one.</summary>
    public long OpenedAt { get; }

    /// <summary>The log end offset as known here.</summary>
    public long NextOffset { get; private set; } = reference.BaseOffset;

    public long MaxTimestamp { get; private set; } = -1;

    /// <summary>Appends that this instance made: what can be counted of the blocks. Others' are not seen.</summary>
    public int OwnBlocks { get; set; }

    /// <summary>Nothing can be appended any more: a seal stands at <see cref="Position"/>, or the blob can take no further block (R12).</summary>
    public bool IsSealed { get; private set; }

    /// <summary>This instance closed it, so nobody else need be waited for.</summary>
    public bool SealedHere { get; set; }

    public bool IsEmpty => NextOffset == BaseOffset;

    public SegmentExtent Extent => new(Blob, BaseOffset, NextOffset, Position, Index);

    /// <summary>The header frame stands at position 0.</summary>
    public void PassHeader() => Position = SegmentHeaderFrame.Size;

    /// <summary>Takes in the batch that stands at <see cref="Position"/>; what an honest writer cannot have left there is a violated invariant.</summary>
    public void Apply(in RecordBatchHeader batch)
    {
        if (batch.BaseOffset != NextOffset)
            throw new PartitionBrokenException($"Segment {Blob} has a batch of offset {batch.BaseOffset} at position {Position}, where offset {NextOffset} belongs.");
        if (batch.LeaderEpoch < _lastLeaderEpoch)
            throw new PartitionBrokenException($"Segment {Blob} has leader epoch {batch.LeaderEpoch} at position {Position}, after epoch {_lastLeaderEpoch}.");
        _lastLeaderEpoch = batch.LeaderEpoch;
        Index.Add(batch.BaseOffset, Position, batch.SizeInBytes, batch.MaxTimestamp);
        Position += batch.SizeInBytes;
        NextOffset = batch.NextOffset;
        MaxTimestamp = Math.Max(MaxTimestamp, batch.MaxTimestamp);
        Producers.Apply(batch);
    }

    public Checkpoint TakeCheckpoint() => new(Segment, Position, NextOffset, MaxTimestamp, _lastLeaderEpoch, Index, Producers);

    public void Seal() => IsSealed = true;
}

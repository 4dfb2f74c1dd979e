using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>One segment that is written by hand, with whatever is to be wrong with it.</summary>
internal sealed record ForgedSegment(int Number, long BaseOffset, List<byte[]> Batches)
{
    public bool IsActive { get; init; }

    public bool IsMissing { get; init; }

    public bool IsUnchained { get; init; }

    /// <summary>Its blob is there, with nothing in it.</summary>
    public bool IsEmptyBlob { get; init; }

    /// <summary>It can take no more blocks.</summary>
    public bool IsFull { get; init; }

    /// <summary>Null: sealed, unless it is active.</summary>
    public bool? IsSealed { get; init; }

    public int Epoch { get; init; }

    public SegmentId Segment { get; init; } = LogForge.Id(Number);

    /// <summary>Whose header it begins with.</summary>
    public SegmentId? HeaderSegment { get; init; }

    public SegmentId? Predecessor { get; init; }

    public long? SealedEnd { get; init; }

    public SegmentId? SealedSegment { get; init; }

    public byte[] BehindTheSeal { get; init; } = [];

    public long? ChainedBase { get; init; }

    public long? ChainedEnd { get; init; }

    public long? ChainedBytes { get; init; }

    public long? ChainedTimestamp { get; init; }

    private long EndOffset => BaseOffset + Batches.Count;

    private long EndPosition => SegmentHeaderFrame.Size + Batches.Sum(b => (long)b.Length);

    public string Blob(TopicPartition partition) => StorageLayout.LogBlob(partition, ChainedBase ?? BaseOffset, Segment);

    public ChainSegmentRow Row(TopicPartition partition) => new(
        Segment,
        ChainedBase ?? BaseOffset,
        ChainedEnd ?? EndOffset,
        ChainedBytes ?? EndPosition,
        ChainedTimestamp ?? 1000 + EndOffset - 1,
        Epoch,
        Blob(partition));

    public byte[] Bytes(TopicPartition partition)
    {
        var predecessor = Predecessor ?? (Number == 1 ? SegmentId.None : LogForge.Id(Number - 1));
        var header = new SegmentHeaderFrame(partition, HeaderSegment ?? Segment, BaseOffset, Epoch, predecessor, 0);
        byte[] seal = IsSealed ?? !IsActive ? new SealFrame(SealedSegment ?? Segment, EndPosition, SealedEnd ?? EndOffset).ToArray() : [];
        return [.. header.ToArray(), .. Batches.SelectMany(b => b), .. seal, .. BehindTheSeal];
    }
}

using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Neighbouring segments that become one object together. Pure; grows one by one. What changes is written again in any case; what does not is written again only to be merged
/// with at least as many other bytes (so that however often a log is compacted, no byte is copied more often than its segment can double), or if it is small.
/// </summary>
internal sealed class CompactionGroup(long segmentBytes)
{
    /// <summary>Names of dead blobs that one row may hold: what fits into one property of it.</summary>
    public const int MaxDeadBlobs = 200;

    /// <summary>So little takes one operation to write.</summary>
    private const int SmallBytes = SegmentObjectWriter.BlockBytes;

    private readonly List<ChainSegmentRow> _members = [];
    private int _deadBlobs;

    public IReadOnlyList<ChainSegmentRow> Members => _members;

    /// <summary>What is written of it, once that has begun; until then what its members hold.</summary>
    public long Bytes { get; set; }

    /// <summary>Whether the next segment belongs to it, so that the group is written as one.</summary>
    /// <param name="isWritten">Something in the group changes, so it is written in any case; otherwise nothing does.</param>
    /// <param name="isChanged">Something in the next one does.</param>
    public bool Takes(ChainSegmentRow next, bool isWritten, bool isChanged) => Fits(next, isChanged)
        && (isChanged || next.Bytes <= Math.Max(SmallBytes, Bytes))
        && (isWritten || Bytes <= Math.Max(SmallBytes, next.Bytes));

    public void Add(ChainSegmentRow member)
    {
        _members.Add(member);
        _deadBlobs += DeadBlobsOf(member);
        Bytes += member.Bytes;
    }

    public void Clear()
    {
        _members.Clear();
        _deadBlobs = 0;
        Bytes = 0;
    }

    /// <summary>A segment so much of whose past is still to be deleted waits.</summary>
    public static bool MustWait(ChainSegmentRow segment) => DeadBlobsOf(segment) > MaxDeadBlobs;

    /// <summary>How much of a segment that changes will be left is not known before. It may pass the limit by half.</summary>
    private bool Fits(ChainSegmentRow next, bool isChanged) =>
        _members.Count == 0
        || ((Bytes + next.Bytes <= segmentBytes || (isChanged && Bytes <= segmentBytes / 2))
            && _members.Count < ChainStore.MaxSegmentsAtOnce && _deadBlobs + DeadBlobsOf(next) <= MaxDeadBlobs);

    /// <summary>With what it leaves when it is merged: its blob and its producer state.</summary>
    private static int DeadBlobsOf(ChainSegmentRow segment) => segment.DeadBlobs.Count + 2;
}

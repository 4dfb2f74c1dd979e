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

    /// <summary>Whether the next segment belongs to it, before it is known whether that changes.</summary>
    public bool Takes(ChainSegmentRow next) => Fits(next) && next.Bytes <= Math.Max(SmallBytes, Bytes);

    /// <summary>The same once it is known that the next one changes, or that it does not, while none of these does.</summary>
    public bool Takes(ChainSegmentRow next, bool isChanged) => (isChanged ? Fits(next) : Takes(next)) && Bytes <= Math.Max(SmallBytes, next.Bytes);

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

    private bool Fits(ChainSegmentRow next) =>
        _members.Count == 0
        || (Bytes + next.Bytes <= segmentBytes && _members.Count < ChainStore.MaxSegmentsAtOnce && _deadBlobs + DeadBlobsOf(next) <= MaxDeadBlobs);

    /// <summary>With what it leaves when it is merged: its blob and its producer state.</summary>
    private static int DeadBlobsOf(ChainSegmentRow segment) => segment.DeadBlobs.Count + 2;
}

using System.Collections.ObjectModel;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>
/// A partition's head and the sealed segments below it, as they were at one moment. Unchanged as long as the head's ETag is, because every change of the chain
/// replaces the head with it (R1).
/// </summary>
/// <param name="Sealed">Ordered by offset, without gap or overlap, up to the base of the active segment.</param>
internal sealed record SegmentChain(PartitionHeadRow Head, ETag ETag, IReadOnlyList<ChainSegmentRow> Sealed)
{
    /// <summary>
    /// When the rows were last changed whose age matters (what they replaced is to be deleted, or their records have no timestamps), by their base and by the
    /// service's clock. Rows that were written here and not read since are not among them.
    /// </summary>
    public IReadOnlyDictionary<long, DateTimeOffset> ChangedAt { get; init; } = ReadOnlyDictionary<long, DateTimeOffset>.Empty;

    /// <summary>The sealed segment that holds <paramref name="offset"/>; null if none does.</summary>
    public ChainSegmentRow? Find(long offset)
    {
        var low = 0;
        var high = Sealed.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var segment = Sealed[middle];
            if (offset < segment.BaseOffset)
                high = middle - 1;
            else if (offset >= segment.EndOffset)
                low = middle + 1;
            else
                return segment;
        }

        return null;
    }

    /// <summary>Where the chain ended a segment; null for one that it does not hold (it was empty, retention has removed it, or compaction has merged it into another).</summary>
    public long? EndOf(SegmentId segment)
    {
        for (var i = Sealed.Count - 1; i >= 0; i--)
        {
            if (Sealed[i].Segment == segment)
                return Sealed[i].OwnEndOffset > 0 ? Sealed[i].OwnEndOffset : Sealed[i].EndOffset;
        }

        return null;
    }

    /// <summary>No gap, no overlap, from the log start to the active segment's base.</summary>
    public bool IsContiguous()
    {
        var next = Head.Active.BaseOffset;
        for (var i = Sealed.Count - 1; i >= 0; i--)
        {
            if (Sealed[i].EndOffset != next || Sealed[i].BaseOffset >= Sealed[i].EndOffset)
                return false;
            next = Sealed[i].BaseOffset;
        }

        return next <= Head.LogStartOffset;
    }
}

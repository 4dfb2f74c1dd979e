using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Log;

/// <summary>
/// What a compaction wants to change in the chain, and under which head that is still right. Pure.
/// </summary>
/// <param name="Made">The head as it was read before the object was made.</param>
/// <param name="Next">How far the compaction is afterwards; null: that stays as it is.</param>
/// <param name="Members">What is replaced; none: only the head changes.</param>
/// <param name="Replacement">The row that takes their place, without what it leaves behind.</param>
internal sealed record CompactionSwap(PartitionHeadRow Made, CompactionProgress? Next, IReadOnlyList<ChainSegmentRow> Members, ChainSegmentRow? Replacement)
{
    /// <summary>How many records it takes away.</summary>
    public long RecordsTaken { get; init; }

    /// <summary>It has happened.</summary>
    public bool IsDoneIn(SegmentChain chain) => Replacement is null
        ? chain.Head.Compaction == Next
        : chain.Sealed.Any(segment => segment.Blob == Replacement.Blob);

    /// <summary>
    /// The partition is open, the members stand in the chain as they were read, nobody else has taken the pass further, and no sweep for orphans has come between (R16): one
    /// that did may have our object in its list, and will delete it however late that is.
    /// </summary>
    public bool AppliesTo(SegmentChain chain, ProtocolRules rules) =>
        chain.Head.State == PartitionState.Open
        && (Next is null || chain.Head.Compaction == Made.Compaction)
        && (Replacement is null || ((chain.Head.SweptAt == Made.SweptAt || !rules.FenceCompaction) && HoldsMembers(chain)));

    public PartitionHeadRow Head(SegmentChain chain) => chain.Head with { Compaction = Next ?? chain.Head.Compaction };

    /// <summary>The row as it is to be written: with the names of all that it replaces, and that they had still to leave behind.</summary>
    public ChainSegmentRow Row(SegmentChain chain)
    {
        var replaced = Run(chain).ToList();
        var dead = replaced.SelectMany(segment => segment.DeadBlobs.Append(segment.Blob)).Concat(replaced.Skip(1).Select(segment => segment.ProducersBlob).OfType<string>());
        return Replacement! with { DeadBlob = string.Join('\n', dead), DeadBytes = replaced.Sum(segment => segment.DeadBytes + segment.BlobBytes) };
    }

    private bool HoldsMembers(SegmentChain chain) => Run(chain).Select(Source).SequenceEqual(Members.Select(Source));

    private IEnumerable<ChainSegmentRow> Run(SegmentChain chain) =>
        chain.Sealed.Where(segment => segment.EndOffset > Replacement!.BaseOffset && segment.BaseOffset < Replacement.EndOffset);

    private static (string Blob, long BaseOffset, long EndOffset, long Bytes) Source(ChainSegmentRow segment) =>
        (segment.Blob, segment.BaseOffset, segment.EndOffset, segment.Bytes);
}

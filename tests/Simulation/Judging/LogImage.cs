using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Simulation.Judging;

/// <summary>One partition as it stands in storage at one moment, read without the engine: what head, chain and blobs say the log is.</summary>
/// <param name="Head">Null: nothing was ever appended.</param>
/// <param name="Chain">The sealed segments, in order.</param>
/// <param name="Batches">Of all segments, each up to its end, in order: what stands. Together with earlier images (<see cref="Succession"/>), all that ever stood.</param>
/// <param name="Violations">What is wrong with its structure by itself.</param>
internal sealed record LogImage(
    TopicPartition Partition,
    PartitionHeadRow? Head,
    IReadOnlyList<ChainSegmentRow> Chain,
    IReadOnlyList<StoredBatch> Batches,
    TailState Tail,
    IReadOnlyList<Violation> Violations)
{
    /// <summary>Where the log may be read from.</summary>
    public long StartOffset => Head?.LogStartOffset ?? 0;

    /// <summary>Its topic is deleted: what is left is being freed, by anybody in any order.</summary>
    public bool IsDeleted => Head is { State: PartitionState.Deleting };

    public long EndOffset => Math.Max(Head?.Active.BaseOffset ?? 0, Batches.Count == 0 ? 0 : Batches[^1].Header.NextOffset);
}

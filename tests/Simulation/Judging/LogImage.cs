using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Simulation.Judging;

/// <summary>One partition as it stands in storage at one moment, read without the engine: what head, chain and blobs say the log is.</summary>
/// <param name="Head">Null: nothing was ever appended.</param>
/// <param name="Chain">The sealed segments, in order.</param>
/// <param name="Batches">Of all segments, each up to its end, in order.</param>
/// <param name="Violations">What is wrong with its structure by itself.</param>
internal sealed record LogImage(
    TopicPartition Partition,
    PartitionHeadRow? Head,
    IReadOnlyList<ChainSegmentRow> Chain,
    IReadOnlyList<StoredBatch> Batches,
    TailState Tail,
    IReadOnlyList<Violation> Violations)
{
    public long EndOffset => Batches.Count == 0 ? Head?.Active.BaseOffset ?? 0 : Batches[^1].Header.NextOffset;
}

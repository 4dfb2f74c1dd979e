using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Insight;

/// <summary>What a view of a partition says of what is stored. Pure.</summary>
internal static class ViewSummary
{
    public static long Bytes(LogView view) => (view.Chain?.Sealed.Sum(row => row.BlobBytes) ?? 0) + (view.Active?.EndPosition ?? 0);

    public static long DeadBytes(LogView view) => view.Chain?.Sealed.Sum(DeadBytes) ?? 0;

    /// <summary>In offset order, the active one last.</summary>
    public static IReadOnlyList<SegmentInsight> Segments(LogView view, long? activeMaxTimestamp)
    {
        if (view is not { Chain: { } chain, Active: { } active })
            return [];
        var segments = chain.Sealed.Select(row => new SegmentInsight(
            row.Segment.ToString(),
            row.Blob,
            row.IsRewritten ? SegmentKind.Segment : SegmentKind.Log,
            row.BaseOffset,
            row.EndOffset,
            row.BlobBytes,
            Known(row.MaxTimestamp),
            DeadBytes(row),
            IsActive: false,
            IsDead: row.EndOffset <= chain.Head.LogStartOffset));
        return
        [
            .. segments,
            new SegmentInsight(
                chain.Head.Active.Segment.ToString(), active.Blob, SegmentKind.Log, active.BaseOffset, active.EndOffset,
                active.EndPosition, activeMaxTimestamp, 0, IsActive: true, IsDead: false),
        ];
    }

    public static long? Known(long timestamp) => timestamp < 0 ? null : timestamp;

    /// <summary>Where a build wrote the row that did not note it: the same batches, with a header and a seal.</summary>
    private static long DeadBytes(ChainSegmentRow row) => row switch
    {
        { DeadBlob: null } => 0,
        { DeadBytes: > 0 and var noted } => noted,
        _ => SegmentHeaderFrame.Size + row.Bytes + SealFrame.Size,
    };
}

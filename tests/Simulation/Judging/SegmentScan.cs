using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Simulation.Judging;

/// <summary>The frames of one segment's bytes, read from its beginning.</summary>
/// <param name="Header">Null: it does not begin with one.</param>
/// <param name="End">The position where its batches end.</param>
/// <param name="Seal">The seal there, if one stands there.</param>
/// <param name="Rest">Bytes behind the seal, or behind the last batch if what follows is neither batch nor seal.</param>
internal sealed record SegmentScan(SegmentHeaderFrame? Header, IReadOnlyList<StoredBatch> Batches, long End, SealFrame? Seal, long Rest)
{
    /// <summary>The first offset that is not in it.</summary>
    public long NextOffset => Batches.Count == 0 ? Header?.BaseOffset ?? 0 : Batches[^1].Header.NextOffset;

    public static SegmentScan Read(ReadOnlyMemory<byte> bytes)
    {
        if (!SegmentHeaderFrame.TryRead(bytes.Span, out var header))
            return new SegmentScan(null, [], 0, null, bytes.Length);
        var batches = new List<StoredBatch>();
        var position = SegmentHeaderFrame.Size;
        while (position < bytes.Length)
        {
            var rest = bytes[position..];
            var frame = SegmentFrame.Read(rest.Span);
            if (frame.Kind == FrameKind.Seal && SealFrame.TryRead(rest.Span, out var seal))
                return new SegmentScan(header, batches, position, seal, rest.Length - frame.Length);
            if (frame.Kind != FrameKind.Batch)
                return new SegmentScan(header, batches, position, null, rest.Length);
            var batch = rest[..frame.Length];
            batches.Add(new StoredBatch(frame.Batch, ContentKey.Of(batch.Span), batch));
            position += frame.Length;
        }

        return new SegmentScan(header, batches, position, null, 0);
    }

    /// <summary>The first batch that does not follow the one before it; null if all do.</summary>
    public RecordBatchHeader? FirstMisplaced()
    {
        var expected = Header?.BaseOffset ?? 0;
        foreach (var batch in Batches)
        {
            if (batch.BaseOffset != expected)
                return batch.Header;
            expected = batch.Header.NextOffset;
        }

        return null;
    }
}

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

    /// <summary>More may follow: it ends with a whole batch, or with its header.</summary>
    public bool IsOpen => Header is not null && Seal is null && Rest == 0;

    public static SegmentScan Read(ReadOnlyMemory<byte> bytes) => SegmentHeaderFrame.TryRead(bytes.Span, out var header)
        ? Read(header, [], SegmentHeaderFrame.Size, bytes[SegmentHeaderFrame.Size..])
        : new SegmentScan(null, [], 0, null, bytes.Length);

    /// <summary>The batches of a rewritten segment, which has neither header nor seal: its first bytes, without the footer.</summary>
    public static SegmentScan ReadBare(ReadOnlyMemory<byte> bytes) => Read(null, [], 0, bytes);

    /// <summary>The same with what was appended behind <see cref="End"/> since.</summary>
    public SegmentScan Extend(ReadOnlyMemory<byte> more) => Read(Header, [.. Batches], End, more);

    /// <summary>The first batch that does not follow the one before it; null if all do.</summary>
    public RecordBatchHeader? FirstMisplaced(bool mayHaveGaps = false)
    {
        var expected = Header?.BaseOffset ?? (Batches.Count > 0 ? Batches[0].BaseOffset : 0);
        foreach (var batch in Batches)
        {
            if (mayHaveGaps ? batch.BaseOffset < expected : batch.BaseOffset != expected)
                return batch.Header;
            expected = batch.Header.NextOffset;
        }

        return null;
    }

    private static SegmentScan Read(SegmentHeaderFrame? header, List<StoredBatch> batches, long position, ReadOnlyMemory<byte> rest)
    {
        while (rest.Length > 0)
        {
            var frame = SegmentFrame.Read(rest.Span);
            if (frame.Kind == FrameKind.Seal && SealFrame.TryRead(rest.Span, out var seal))
                return new SegmentScan(header, batches, position, seal, rest.Length - frame.Length);
            if (frame.Kind != FrameKind.Batch)
                return new SegmentScan(header, batches, position, null, rest.Length);
            var batch = rest[..frame.Length];
            batches.Add(new StoredBatch(frame.Batch, ContentKey.Of(batch.Span), batch));
            position += frame.Length;
            rest = rest[frame.Length..];
        }

        return new SegmentScan(header, batches, position, null, 0);
    }
}

using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Segments;

/// <summary>
/// One frame at a known boundary of a segment: its kind and length, and the batch header if it is one.
/// Reading frame after frame from position 0 is the only way to find boundaries; nothing is ever searched for by its bytes.
/// </summary>
public readonly record struct SegmentFrame(FrameKind Kind, int Length, RecordBatchHeader Batch = default, BatchDefect Defect = BatchDefect.None)
{
    /// <summary>
    /// Reads the frame that begins with <paramref name="bytes"/>. A batch is checked with its CRC unless <paramref name="verify"/> is false
    /// (for bytes that this process has checked before). Never throws, never allocates.
    /// </summary>
    public static SegmentFrame Read(ReadOnlySpan<byte> bytes, bool verify = true)
    {
        if (bytes.IsEmpty)
            return new SegmentFrame(FrameKind.Incomplete, 0);
        if (bytes[0] >= 0x80)
            return ReadMarked(bytes);
        if (!RecordBatchHeader.TryRead(bytes, out var header))
            return new SegmentFrame(FrameKind.Incomplete, 0);
        var defect = RecordBatchCheck.CheckHeader(header);
        if (defect != BatchDefect.None)
            return new SegmentFrame(FrameKind.Corrupt, 0, header, defect);
        if (bytes.Length < header.SizeInBytes)
            return new SegmentFrame(FrameKind.Incomplete, header.SizeInBytes, header);
        if (verify)
            defect = RecordBatchCheck.Check(bytes[..header.SizeInBytes], out _);
        return defect == BatchDefect.None
            ? new SegmentFrame(FrameKind.Batch, header.SizeInBytes, header)
            : new SegmentFrame(FrameKind.Corrupt, header.SizeInBytes, header, defect);
    }

    private static SegmentFrame ReadMarked(ReadOnlySpan<byte> bytes)
    {
        // The markers begin alike: before all of one is there, it is not known whose.
        if (bytes.Length < SealFrame.Marker.Length)
            return new SegmentFrame(SealFrame.Marker.StartsWith(bytes) || SegmentHeaderFrame.Marker.StartsWith(bytes) ? FrameKind.Incomplete : FrameKind.Corrupt, 0);
        if (bytes.StartsWith(SealFrame.Marker))
            return Marked(bytes, FrameKind.Seal, SealFrame.Size, SealFrame.TryRead(bytes, out _));
        if (bytes.StartsWith(SegmentHeaderFrame.Marker))
            return Marked(bytes, FrameKind.Header, SegmentHeaderFrame.Size, SegmentHeaderFrame.TryRead(bytes, out _));
        return new SegmentFrame(FrameKind.Corrupt, 0);
    }

    private static SegmentFrame Marked(ReadOnlySpan<byte> bytes, FrameKind kind, int size, bool intact) =>
        bytes.Length < size ? new SegmentFrame(FrameKind.Incomplete, size)
        : intact ? new SegmentFrame(kind, size)
        : new SegmentFrame(FrameKind.Corrupt, size);
}

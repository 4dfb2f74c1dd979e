using System.Buffers.Binary;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Fuzzing;

/// <summary>Sets lengths and CRCs to what mutated bytes now are, so that reading goes past them.</summary>
internal static class Repair
{
    public static byte[] Batch(byte[] bytes)
    {
        if (bytes.Length < RecordBatchHeader.Size)
            return bytes;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), bytes.Length - RecordBatchHeader.LogOverhead);
        bytes[16] = RecordBatchHeader.CurrentMagic;
        RecordBatchPatch.SealCrc(bytes);
        return bytes;
    }

    public static byte[] Footer(byte[] bytes)
    {
        if (bytes.Length < SegmentFooter.TrailerSize)
            return bytes;
        var trailer = bytes.AsSpan(bytes.Length - SegmentFooter.TrailerSize);
        Corpus.Footers[0].AsSpan(Corpus.Footers[0].Length - SegmentFooter.TrailerSize).CopyTo(trailer);
        BinaryPrimitives.WriteUInt32BigEndian(trailer, Crc32C.Compute(bytes.AsSpan(0, bytes.Length - SegmentFooter.TrailerSize)));
        BinaryPrimitives.WriteInt32BigEndian(trailer[4..], bytes.Length);
        return bytes;
    }

    /// <summary>A CRC over all that stands before the last four bytes: checkpoints, headers, seals.</summary>
    public static byte[] EndsWithCrc(byte[] bytes)
    {
        if (bytes.Length >= 4)
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(bytes.Length - 4), Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4)));
        return bytes;
    }
}

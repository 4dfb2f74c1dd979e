namespace ManagedLog.Protocol.Records;

/// <summary>Says whether bytes begin with one whole, intact batch. Looks at the header and the CRC, not into the records; constant memory, never throws.</summary>
public static class RecordBatchCheck
{
    /// <summary>No batch may be larger, whatever a topic allows: what one instance must hold in memory to read it.</summary>
    public const int MaxSizeInBytes = 64 * 1024 * 1024;

    /// <summary>The least that a record takes: length, attributes, two deltas, key length, value length, header count.</summary>
    public const int MinRecordSizeInBytes = 7;

    public static BatchDefect Check(ReadOnlySpan<byte> bytes, out RecordBatchHeader header, int maxSizeInBytes = MaxSizeInBytes)
    {
        if (!RecordBatchHeader.TryRead(bytes, out header))
            return BatchDefect.Truncated;
        var defect = CheckHeader(header, maxSizeInBytes);
        if (defect != BatchDefect.None)
            return defect;
        if (bytes.Length < header.SizeInBytes)
            return BatchDefect.Truncated;
        return Crc32C.Compute(bytes[RecordBatchHeader.AttributesAt..header.SizeInBytes]) == header.Crc ? BatchDefect.None : BatchDefect.Crc;
    }

    /// <summary>The rules that need the header alone.</summary>
    public static BatchDefect CheckHeader(in RecordBatchHeader header, int maxSizeInBytes = MaxSizeInBytes)
    {
        if (header.Magic != RecordBatchHeader.CurrentMagic)
            return BatchDefect.UnsupportedMagic;
        if (header.SizeInBytes < RecordBatchHeader.Size || header.SizeInBytes > maxSizeInBytes)
            return BatchDefect.Length;
        if (header.BaseOffset < 0 || header.BaseOffset > long.MaxValue - int.MaxValue - 1)
            return BatchDefect.Offset;
        if (header.RecordCount < 0 || header.LastOffsetDelta < 0 || header.RecordCount > (long)header.LastOffsetDelta + 1)
            return BatchDefect.RecordCount;
        if (header.Codec > CompressionCodec.Zstd)
            return BatchDefect.UnsupportedCodec;
        if (header.Codec == CompressionCodec.None && (long)header.RecordCount * MinRecordSizeInBytes > header.SizeInBytes - RecordBatchHeader.Size)
            return BatchDefect.RecordCount;
        return BatchDefect.None;
    }
}

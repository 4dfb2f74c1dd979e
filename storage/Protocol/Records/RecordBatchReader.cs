using System.Diagnostics.CodeAnalysis;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// Reads the records of one batch, front to back. No input makes it throw, and what it allocates is bounded: nothing for an uncompressed batch but headers
/// (see <see cref="RecordLimits"/>), at most about three times the allowed decompressed size for a compressed one. Not for several threads at once.
/// </summary>
public sealed class RecordBatchReader
{
    private readonly ReadOnlyMemory<byte> _records;
    private int _position;
    private int _read;
    private long _lastDelta = -1;

    private RecordBatchReader(RecordBatchHeader header, ReadOnlyMemory<byte> records)
    {
        Header = header;
        _records = records;
    }

    public RecordBatchHeader Header { get; }

    /// <summary>Of the memory that the records took when they were decompressed; 0 where they were not compressed.</summary>
    public int DecompressedBytes => Header.Codec == CompressionCodec.None ? 0 : _records.Length;

    /// <summary>Why <see cref="TryReadNext"/> stopped before the last record; <see cref="BatchDefect.None"/> at the regular end.</summary>
    public BatchDefect Defect { get; private set; }

    /// <summary>
    /// Checks header and CRC of the batch that <paramref name="batch"/> begins with (what stands behind it is not looked at) and decompresses its records.
    /// False: <paramref name="defect"/> says why, and there is no reader.
    /// </summary>
    /// <param name="maxDecompressedBytes">How large compressed records may become; without effect on uncompressed ones.</param>
    public static bool TryOpen(ReadOnlyMemory<byte> batch, int maxDecompressedBytes, [NotNullWhen(true)] out RecordBatchReader? reader, out BatchDefect defect)
    {
        reader = null;
        if (!TryUnpack(batch, maxDecompressedBytes, out var header, out var records, out defect))
            return false;
        reader = new RecordBatchReader(header, records);
        return true;
    }

    /// <summary>The same, without a reader: header and uncompressed records.</summary>
    internal static bool TryUnpack(
        ReadOnlyMemory<byte> batch, int maxDecompressedBytes, out RecordBatchHeader header, out ReadOnlyMemory<byte> records, out BatchDefect defect)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxDecompressedBytes);
        records = default;
        defect = RecordBatchCheck.Check(batch.Span, out header);
        if (defect != BatchDefect.None)
            return false;
        records = batch[RecordBatchHeader.Size..header.SizeInBytes];
        if (header.Codec == CompressionCodec.None)
            return true;
        defect = Compression.TryDecompress(header.Codec, records, Math.Min(maxDecompressedBytes, Array.MaxLength), out records);
        if (defect == BatchDefect.None && (long)header.RecordCount * RecordBatchCheck.MinRecordSizeInBytes > records.Length)
            defect = BatchDefect.RecordCount;
        return defect == BatchDefect.None;
    }

    /// <summary>False at the end and at the first malformed record: <see cref="Defect"/> tells which. Records before a malformed one have been given out.</summary>
    public bool TryReadNext(out Record record)
    {
        record = default;
        if (_read == Header.RecordCount || Defect != BatchDefect.None)
        {
            if (_position != _records.Length)
                Defect = BatchDefect.Record;
            return false;
        }

        // Offsets increase strictly, with gaps only where compaction took records out.
        if (!RecordDecoding.TryRead(_records, ref _position, out var relative) || relative.Offset <= _lastDelta || relative.Offset > Header.LastOffsetDelta)
        {
            Defect = BatchDefect.Record;
            return false;
        }

        _read++;
        _lastDelta = relative.Offset;
        record = relative with
        {
            Offset = Header.BaseOffset + relative.Offset,
            Timestamp = Header.TimestampType == TimestampType.LogAppendTime ? Header.MaxTimestamp : Header.BaseTimestamp + relative.Timestamp,
        };
        return true;
    }
}

using System.Diagnostics.CodeAnalysis;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// Goes through the records of one batch as <see cref="RecordBatchReader"/> does, takes and refuses exactly what that does, and allocates nothing for a record: what
/// compaction and the check of a produce ask for does not need values and headers as objects. Not for several threads at once.
/// </summary>
public sealed class RecordOutlineReader
{
    private readonly ReadOnlyMemory<byte> _records;
    private int _position;
    private int _read;
    private int _lastDelta = -1;

    private RecordOutlineReader(RecordBatchHeader header, ReadOnlyMemory<byte> records)
    {
        Header = header;
        _records = records;
    }

    public RecordBatchHeader Header { get; }

    /// <inheritdoc cref="RecordBatchReader.Defect"/>
    public BatchDefect Defect { get; private set; }

    /// <summary>The records without compression, one after the other.</summary>
    internal ReadOnlySpan<byte> Records => _records.Span;

    /// <summary>Where in <see cref="Records"/> the record lies that was read last.</summary>
    internal Range Bounds { get; private set; }

    /// <summary>Where its timestamp delta lies, within <see cref="Bounds"/>.</summary>
    internal Range TimestampBounds { get; private set; }

    /// <inheritdoc cref="RecordBatchReader.TryOpen"/>
    public static bool TryOpen(ReadOnlyMemory<byte> batch, int maxDecompressedBytes, [NotNullWhen(true)] out RecordOutlineReader? reader, out BatchDefect defect)
    {
        reader = null;
        if (!RecordBatchReader.TryUnpack(batch, maxDecompressedBytes, out var header, out var records, out defect))
            return false;
        reader = new RecordOutlineReader(header, records);
        return true;
    }

    /// <inheritdoc cref="RecordBatchReader.TryReadNext"/>
    public bool TryReadNext(out RecordOutline record)
    {
        record = default;
        if (_read == Header.RecordCount || Defect != BatchDefect.None)
        {
            if (_position != _records.Length)
                Defect = BatchDefect.Record;
            return false;
        }

        if (!TryRead(out record))
        {
            Defect = BatchDefect.Record;
            return false;
        }

        _read++;
        return true;
    }

    /// <summary>Whether all records can be read; begins with the first again.</summary>
    public bool IsSound()
    {
        while (TryReadNext(out _))
        {
        }

        if (Defect != BatchDefect.None)
            return false;
        Rewind();
        return true;
    }

    /// <summary>From the first record again.</summary>
    internal void Rewind()
    {
        _position = 0;
        _read = 0;
        _lastDelta = -1;
    }

    private bool TryRead(out RecordOutline record)
    {
        record = default;
        var span = _records.Span;
        var start = _position;
        if (!Varint.TryRead(span, ref _position, out int length) || length <= 0 || length > span.Length - _position)
            return false;
        var end = _position + length;
        span = span[..end];
        var timestampAt = ++_position; // Behind the attributes.
        if (!Varint.TryRead(span, ref _position, out long timestampDelta))
            return false;
        TimestampBounds = timestampAt.._position;
        if (!Varint.TryRead(span, ref _position, out int offsetDelta)
            || !TryPassBytes(span, ref _position, out var hasKey, out var key)
            || !TryPassBytes(span, ref _position, out var hasValue, out _)
            || !TryPassHeaders(span, ref _position)
            || _position != end
            || offsetDelta <= _lastDelta || offsetDelta > Header.LastOffsetDelta)
            return false;
        _lastDelta = offsetDelta;
        Bounds = start..end;
        record = new RecordOutline
        {
            Offset = Header.BaseOffset + offsetDelta,
            Timestamp = Header.TimestampType == TimestampType.LogAppendTime ? Header.MaxTimestamp : Header.BaseTimestamp + timestampDelta,
            HasKey = hasKey,
            Key = key,
            HasValue = hasValue,
        };
        return true;
    }

    private static bool TryPassBytes(ReadOnlySpan<byte> span, ref int position, out bool exist, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        exist = false;
        if (!Varint.TryRead(span, ref position, out int length))
            return false;
        if (length == -1)
            return true;
        if (length < 0 || length > span.Length - position)
            return false;
        exist = true;
        bytes = span.Slice(position, length);
        position += length;
        return true;
    }

    private static bool TryPassHeaders(ReadOnlySpan<byte> span, ref int position)
    {
        if (!Varint.TryRead(span, ref position, out int count) || count < 0 || count > RecordLimits.MaxHeaders)
            return false;
        for (var i = 0; i < count; i++)
        {
            if (!TryPassBytes(span, ref position, out var hasName, out _) || !hasName || !TryPassBytes(span, ref position, out _, out _))
                return false;
        }

        return true;
    }
}

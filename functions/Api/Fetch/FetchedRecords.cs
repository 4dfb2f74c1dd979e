using ManagedLog.Functions.Limits;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Fetch;

/// <summary>The records in fetched batches that the caller is to see: from the offset asked for on, none of control batches. Reads each batch once.</summary>
/// <param name="room">Told what batches expand to. Null: nobody counts.</param>
internal sealed class FetchedRecords(IReadOnlyList<ReadOnlyMemory<byte>> batches, long fromOffset, AnswerRoom? room = null)
{
    private int _next;
    private RecordBatchReader? _reader;

    /// <summary>Of the record that was read last.</summary>
    public TimestampType TimestampType => _reader?.Header.TimestampType ?? TimestampType.CreateTime;

    /// <summary>Bytes of key and value.</summary>
    public static long SizeOf(in Record record) => (record.Key?.Length ?? 0L) + (record.Value?.Length ?? 0L);

    /// <summary>False at the end. Throws <see cref="InvalidDataException"/> where a batch is damaged: whoever stored it checked it, so storage changed it.</summary>
    public bool TryReadNext(out Record record)
    {
        while (TryReadAny(out record))
        {
            if (record.Offset >= fromOffset)
                return true;
        }

        return false;
    }

    private bool TryReadAny(out Record record)
    {
        record = default;
        while (true)
        {
            if (_reader is not null && _reader.TryReadNext(out record))
                return true;
            if (_reader is { Defect: not BatchDefect.None })
                throw Damaged(_reader.Header.BaseOffset, _reader.Defect);
            _reader = null;
            if (_next == batches.Count)
                return false;
            var batch = batches[_next++];
            if (!RecordBatchReader.TryOpen(batch, RecordLimits.MaxDecompressedBytes, out var reader, out var defect))
                throw Damaged(RecordBatchHeader.TryRead(batch.Span, out var header) ? header.BaseOffset : -1, defect);
            room?.Expand(reader.DecompressedBytes);
            if (!reader.Header.IsControl)
                _reader = reader;
        }
    }

    private static InvalidDataException Damaged(long baseOffset, BatchDefect defect) =>
        new($"The stored batch at offset {baseOffset} is damaged ({defect}).");
}

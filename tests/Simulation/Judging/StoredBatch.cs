using ManagedLog.Protocol.Records;

namespace ManagedLog.Simulation.Judging;

/// <summary>One batch as it stands in storage.</summary>
internal sealed record StoredBatch(RecordBatchHeader Header, ContentKey Content, ReadOnlyMemory<byte> Bytes)
{
    private const int MaxDecompressedBytes = 1024 * 1024;

    private StoredRecord[]? _records;

    public long BaseOffset => Header.BaseOffset;

    /// <summary>In order; none if they cannot be read.</summary>
    public IReadOnlyList<StoredRecord> Records => _records ??= ReadRecords();

    /// <summary>The same bytes.</summary>
    public bool IsSame(StoredBatch other) => ReferenceEquals(this, other) || Bytes.Span.SequenceEqual(other.Bytes.Span);

    public override string ToString() => $"{Content} at {BaseOffset}";

    private StoredRecord[] ReadRecords()
    {
        var records = new List<StoredRecord>();
        if (RecordBatchReader.TryOpen(Bytes, MaxDecompressedBytes, out var reader, out _))
        {
            while (reader.TryReadNext(out var record))
                records.Add(new StoredRecord(record.Offset, record.Timestamp, Text(record.Key), Text(record.Value)));
        }

        return [.. records];
    }

    private static string? Text(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? Convert.ToHexString(some.Span) : null;
}

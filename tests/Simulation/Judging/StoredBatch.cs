using ManagedLog.Protocol.Records;

namespace ManagedLog.Simulation.Judging;

/// <summary>One batch as it stands in storage.</summary>
internal sealed record StoredBatch(RecordBatchHeader Header, ContentKey Content, ReadOnlyMemory<byte> Bytes)
{
    private const int MaxDecompressedBytes = 1024 * 1024;

    private long[]? _timestamps;

    public long BaseOffset => Header.BaseOffset;

    /// <summary>Of each of its records, in order.</summary>
    public IReadOnlyList<long> Timestamps => _timestamps ??= ReadTimestamps();

    /// <summary>The same bytes.</summary>
    public bool IsSame(StoredBatch other) => ReferenceEquals(this, other) || Bytes.Span.SequenceEqual(other.Bytes.Span);

    public override string ToString() => $"{Content} at {BaseOffset}";

    private long[] ReadTimestamps()
    {
        var timestamps = new List<long>();
        if (RecordBatchReader.TryOpen(Bytes, MaxDecompressedBytes, out var reader, out _))
        {
            while (reader.TryReadNext(out var record))
                timestamps.Add(record.Timestamp);
        }

        return [.. timestamps];
    }
}

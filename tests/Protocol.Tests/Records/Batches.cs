using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

/// <summary>Reads and compares whole batches.</summary>
internal static class Batches
{
    public const int MaxDecompressedBytes = 1 << 20;

    /// <summary>All records of a batch that must be sound.</summary>
    public static List<Record> Read(ReadOnlyMemory<byte> batch, int maxDecompressedBytes = MaxDecompressedBytes)
    {
        var (defect, records) = TryRead(batch, maxDecompressedBytes);
        Assert.Equal(BatchDefect.None, defect);
        return records;
    }

    /// <summary>The records up to the defect that stopped reading, if any.</summary>
    public static (BatchDefect Defect, List<Record> Records) TryRead(ReadOnlyMemory<byte> batch, int maxDecompressedBytes = MaxDecompressedBytes)
    {
        var records = new List<Record>();
        if (!RecordBatchReader.TryOpen(batch, maxDecompressedBytes, out var reader, out var defect))
            return (defect, records);
        while (reader.TryReadNext(out var record))
            records.Add(record);
        return (reader.Defect, records);
    }

    /// <summary>Offsets, timestamps and all bytes are the same.</summary>
    public static bool Same(IReadOnlyList<Record> left, IReadOnlyList<Record> right) =>
        left.Count == right.Count && !left.Where((record, i) => !Same(record, right[i])).Any();

    private static bool Same(Record left, Record right) =>
        left.Offset == right.Offset && left.Timestamp == right.Timestamp && Same(left.Key, right.Key) && Same(left.Value, right.Value)
        && left.Headers.Count == right.Headers.Count && !left.Headers.Where((header, i) => header.Key != right.Headers[i].Key || !Same(header.Value, right.Headers[i].Value)).Any();

    private static bool Same(ReadOnlyMemory<byte>? left, ReadOnlyMemory<byte>? right) =>
        left.HasValue == right.HasValue && (!left.HasValue || left.Value.Span.SequenceEqual(right!.Value.Span));
}

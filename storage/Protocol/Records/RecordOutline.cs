namespace ManagedLog.Protocol.Records;

/// <summary>
/// What decides whether compaction keeps a record: all of it but value and headers. The key is a slice of the batch, or of its decompressed bytes.
/// </summary>
public readonly ref struct RecordOutline
{
    /// <summary>Its place in the partition: the batch's base offset plus the record's delta.</summary>
    public long Offset { get; init; }

    /// <summary>Milliseconds since 1970, as <see cref="Record.Timestamp"/>.</summary>
    public long Timestamp { get; init; }

    /// <summary>A key that is empty is a key.</summary>
    public bool HasKey { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>A value that is empty is a value. A key without one is a tombstone.</summary>
    public bool HasValue { get; init; }

    public bool IsTombstone => HasKey && !HasValue;
}

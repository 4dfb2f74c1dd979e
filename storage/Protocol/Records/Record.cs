namespace ManagedLog.Protocol.Records;

/// <summary>
/// One record as it was read. Key and value are slices of the batch, or of its decompressed bytes: they are valid as long as those are left alone, and they keep them in memory.
/// Null is absent, which is not the same as empty.
/// </summary>
/// <param name="Offset">Its place in the partition: the batch's base offset plus the record's delta.</param>
/// <param name="Timestamp">Milliseconds since 1970; the batch says whose clock (<see cref="RecordBatchHeader.TimestampType"/>).</param>
/// <param name="Key">Chooses the partition, and what compaction keeps.</param>
/// <param name="Value">Absent: with a key, a tombstone for compaction.</param>
/// <param name="Headers">In their order; one shared empty list where there are none.</param>
public readonly record struct Record(long Offset, long Timestamp, ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value, IReadOnlyList<RecordHeader> Headers);

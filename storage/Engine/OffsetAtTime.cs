namespace ManagedLog.Engine;

/// <summary>The first record of a partition, in offset order, whose timestamp is at or after a given one.</summary>
/// <param name="Offset">Of that record; the log end, where the next record will stand, when there is none.</param>
/// <param name="Timestamp">Of that record, ms since 1970; null when there is none.</param>
public sealed record OffsetAtTime(long Offset, long? Timestamp);

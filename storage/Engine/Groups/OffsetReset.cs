namespace ManagedLog.Engine.Groups;

/// <summary>Where committed offsets are to be moved to. What would lie outside of a partition's log is moved to its nearer end.</summary>
public sealed record OffsetReset
{
    private OffsetReset(OffsetResetKind kind, long value)
    {
        Kind = kind;
        Value = value;
    }

    public OffsetResetKind Kind { get; }

    /// <summary>Ms since 1970, by how much, or the offset.</summary>
    public long Value { get; }

    public static OffsetReset Earliest { get; } = new(OffsetResetKind.Earliest, 0);

    public static OffsetReset Latest { get; } = new(OffsetResetKind.Latest, 0);

    /// <summary>To the first record whose timestamp is not before; where there is none, to the end.</summary>
    public static OffsetReset ToTimestamp(long timestamp) => new(OffsetResetKind.Timestamp, timestamp);

    /// <summary>From what is committed, forth or (negative) back; where nothing is, from the log's start.</summary>
    public static OffsetReset By(long shift) => new(OffsetResetKind.Shift, shift);

    public static OffsetReset ToOffset(long offset) => new(OffsetResetKind.Exact, offset);
}

public enum OffsetResetKind
{
    Earliest = 0,
    Latest,
    Timestamp,
    Shift,
    Exact,
}

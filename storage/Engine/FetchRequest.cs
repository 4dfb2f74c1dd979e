using System.Globalization;

namespace ManagedLog.Engine;

/// <summary>Where to read from: an offset, a time, or one of the log's ends as they are at that moment.</summary>
public readonly record struct FetchFrom
{
    private readonly Kind _kind;
    private readonly long _value;

    private FetchFrom(Kind kind, long value = 0)
    {
        _kind = kind;
        _value = value;
    }

    private enum Kind
    {
        Offset = 0,
        Earliest,
        Latest,
        Timestamp,
    }

    /// <summary>The log start offset.</summary>
    public static FetchFrom Earliest => new(Kind.Earliest);

    /// <summary>The log end: only what is appended from now on.</summary>
    public static FetchFrom Latest => new(Kind.Latest);

    public bool IsEarliest => _kind == Kind.Earliest;

    public bool IsLatest => _kind == Kind.Latest;

    public bool IsTimestamp => _kind == Kind.Timestamp;

    /// <summary>The offset, when it is one.</summary>
    public long Offset => _kind == Kind.Offset ? _value : throw new InvalidOperationException($"Not an offset: {this}.");

    /// <summary>Ms since 1970, when it is a time.</summary>
    public long Timestamp => _kind == Kind.Timestamp ? _value : throw new InvalidOperationException($"Not a time: {this}.");

    public static FetchFrom At(long offset) => offset >= 0 ? new(Kind.Offset, offset) : throw new ArgumentOutOfRangeException(nameof(offset), offset, "An offset is not negative.");

    /// <summary>The first record whose timestamp is at or after this one, in ms since 1970; the log end when there is none.</summary>
    public static FetchFrom AtTimestamp(long timestamp) => new(Kind.Timestamp, timestamp);

    public override string ToString() => _kind switch
    {
        Kind.Earliest => "earliest",
        Kind.Latest => "latest",
        Kind.Offset => _value.ToString(CultureInfo.InvariantCulture),
        Kind.Timestamp => string.Create(CultureInfo.InvariantCulture, $"timestamp {_value}"),
        _ => throw new InvalidOperationException($"No such kind: {_kind}"),
    };
}

/// <summary>
/// One read of one partition. Answers as soon as there is at least one batch; with none, after <paramref name="MaxWait"/> at the latest, with none.
/// </summary>
/// <param name="From">The first offset wanted; the first batch may begin before it (batches are not cut).</param>
/// <param name="MaxBytes">Stops before the batch that would pass it, but the first batch is always given, however large.</param>
/// <param name="MaxWait">Zero: do not wait.</param>
public sealed record FetchRequest(FetchFrom From, int MaxBytes, TimeSpan MaxWait)
{
    /// <summary>
    /// The caller stands in a <see cref="TailWatch"/> whenever this finds nothing, so what other instances append is found by the watcher: at the end of what this instance
    /// knows there is no look at storage of its own.
    /// </summary>
    public bool IsFollowing { get; init; }

    /// <summary>
    /// Asked right before something is read, with <see cref="MaxBytes"/>, how many bytes may be, at most that many: so that whoever shares out memory need not set any aside for a
    /// caller that waits. Null: all of it. May be asked more than once; the last answer counts.
    /// </summary>
    public Func<int, int>? Room { get; init; }
}

/// <summary>
/// Whole batches as they are stored, in offset order, none beyond the high watermark; with gaps only where compaction took records out. The memory is shared and must not be
/// changed.
/// </summary>
/// <param name="NextOffset">
/// Where to go on reading: after the last batch. When there is none, the offset that was asked for (resolved), or the end where compaction left nothing up to it.
/// </param>
public sealed record FetchResult(IReadOnlyList<ReadOnlyMemory<byte>> Batches, long FetchOffset, long NextOffset, PartitionOffsets Offsets);

/// <summary>The ends of a partition. Log start ≤ high watermark ≤ log end; the ends are exclusive (the next offset).</summary>
public readonly record struct PartitionOffsets(long LogStart, long HighWatermark, long LogEnd);

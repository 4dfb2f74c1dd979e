namespace ManagedLog.Engine;

/// <summary>Where to read from: an offset, or one of the log's ends as they are at that moment.</summary>
public readonly record struct FetchFrom
{
    private const long EarliestCode = -2;
    private const long LatestCode = -1;
    private readonly long _code;

    private FetchFrom(long code) => _code = code;

    /// <summary>The log start offset.</summary>
    public static FetchFrom Earliest => new(EarliestCode);

    /// <summary>The log end: only what is appended from now on.</summary>
    public static FetchFrom Latest => new(LatestCode);

    public bool IsEarliest => _code == EarliestCode;

    public bool IsLatest => _code == LatestCode;

    /// <summary>The offset, when it is neither end.</summary>
    public long Offset => _code >= 0 ? _code : throw new InvalidOperationException("An end of the log, not an offset.");

    public static FetchFrom At(long offset) => offset >= 0 ? new(offset) : throw new ArgumentOutOfRangeException(nameof(offset), offset, "An offset is not negative.");

    public override string ToString() => _code switch { EarliestCode => "earliest", LatestCode => "latest", _ => _code.ToString(System.Globalization.CultureInfo.InvariantCulture) };
}

/// <summary>
/// One read of one partition. Answers as soon as there is at least one batch; with none, after <paramref name="MaxWait"/> at the latest, with none.
/// </summary>
/// <param name="From">The first offset wanted; the first batch may begin before it (batches are not cut).</param>
/// <param name="MaxBytes">Stops before the batch that would pass it, but the first batch is always given, however large.</param>
/// <param name="MaxWait">Zero: do not wait.</param>
public sealed record FetchRequest(FetchFrom From, int MaxBytes, TimeSpan MaxWait);

/// <summary>Whole batches as they are stored, in offset order without a gap, none beyond the high watermark. The memory is shared and must not be changed.</summary>
/// <param name="NextOffset">Where to go on reading: after the last batch, or the offset that was asked for (resolved) when there is none.</param>
public sealed record FetchResult(IReadOnlyList<ReadOnlyMemory<byte>> Batches, long FetchOffset, long NextOffset, PartitionOffsets Offsets);

/// <summary>The ends of a partition. Log start ≤ high watermark ≤ log end; the ends are exclusive (the next offset).</summary>
public readonly record struct PartitionOffsets(long LogStart, long HighWatermark, long LogEnd);

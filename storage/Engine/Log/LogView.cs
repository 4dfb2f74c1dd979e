namespace ManagedLog.Engine.Log;

/// <summary>
/// What readers see of a partition: replaced whole by the writer loop, never changed. Everything in it stands for good, so reading by an old view is never wrong, only short.
/// </summary>
/// <param name="Chain">Null while the partition has never been appended to.</param>
/// <param name="StartsAt">The log is known to begin no earlier, whatever the head said when it was read last.</param>
internal sealed record LogView(SegmentChain? Chain, SegmentExtent? Active, long StartsAt = 0)
{
    public static LogView Unborn { get; } = new(null, null);

    /// <summary>With one replica all that stands is on every in-sync replica, so the high watermark is the end.</summary>
    public PartitionOffsets Offsets => new(Math.Max(Chain?.Head.LogStartOffset ?? 0, StartsAt), Active?.EndOffset ?? 0, Active?.EndOffset ?? 0);
}

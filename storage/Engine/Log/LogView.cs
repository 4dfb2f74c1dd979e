namespace ManagedLog.Engine.Log;

/// <summary>
/// What readers see of a partition: replaced whole by the writer loop, never changed. Everything in it stands for good, so reading by an old view is never wrong, only short.
/// </summary>
/// <param name="Chain">Null while the partition has never been appended to.</param>
internal sealed record LogView(SegmentChain? Chain, SegmentExtent? Active)
{
    public static LogView Unborn { get; } = new(null, null);

    /// <summary>With one replica all that stands is on every in-sync replica, so the high watermark is the end.</summary>
    public PartitionOffsets Offsets => new(Chain?.Head.LogStartOffset ?? 0, Active?.EndOffset ?? 0, Active?.EndOffset ?? 0);
}

namespace ManagedLog.Engine.Insight;

/// <summary>What is known of a partition without reading its records.</summary>
/// <param name="Bytes">What its segments take in storage, what is before the log start within the first of them included.</param>
/// <param name="DeadBytes">What copies take that were replaced and are still to be deleted, without producer states; an estimate where an older build replaced them.</param>
/// <param name="LastOffset">Of the last record, which compaction may have left far before the end; null: there is none, or it could not be read.</param>
/// <param name="LastTimestamp">The largest timestamp of the batch with that record (or of its segment, where the active one is empty and it is the last), ms since 1970; null: it has
/// none.</param>
/// <param name="SweptAt">When blobs that nothing names were last looked for, ms since 1970; null: not yet.</param>
/// <param name="Stopped">Why this instance has stopped it, or could not look at it; then nothing else here is known.</param>
public sealed record PartitionInsight(int Partition, PartitionOffsets Offsets, long Bytes, long DeadBytes, int Segments, long? LastOffset, long? LastTimestamp, long? SweptAt, string? Stopped)
{
    /// <summary>At most so many records: transactions' markers take offsets, and compaction leaves gaps.</summary>
    public long MaxRecords => Offsets.HighWatermark - Offsets.LogStart;

    public static PartitionInsight Unknown(int partition, string why) => new(partition, default, 0, 0, 0, null, null, null, why);
}

/// <summary>What is known of a topic without reading its records.</summary>
public sealed record TopicInsight(Metadata.Topic Topic, IReadOnlyList<PartitionInsight> Partitions)
{
    /// <summary>Null: not known.</summary>
    public TopicRates? Rates { get; init; }

    public long MaxRecords => Partitions.Sum(partition => partition.MaxRecords);

    public long Bytes => Partitions.Sum(partition => partition.Bytes);

    public long DeadBytes => Partitions.Sum(partition => partition.DeadBytes);

    public int Segments => Partitions.Sum(partition => partition.Segments);

    /// <summary>The partition with the latest last batch; null: there are no records.</summary>
    public PartitionInsight? Latest => Partitions.Where(partition => partition.LastOffset is not null).MaxBy(partition => partition.LastTimestamp ?? -1);

    /// <summary>Partitions that could not be looked at; the sums are without them.</summary>
    public IEnumerable<PartitionInsight> Stopped => Partitions.Where(partition => partition.Stopped is not null);
}

/// <summary>Topics, by name.</summary>
/// <param name="IsMore">There are more behind the last.</param>
public sealed record TopicInsightPage(IReadOnlyList<TopicInsight> Topics, bool IsMore);

/// <summary>How a segment is stored.</summary>
public enum SegmentKind
{
    /// <summary>The append blob that it was, or is being, appended to.</summary>
    Log = 0,

    /// <summary>A block blob with an index behind its batches.</summary>
    Segment,
}

/// <summary>One segment of a partition.</summary>
/// <param name="EndOffset">Exclusive.</param>
/// <param name="Bytes">What it takes in storage.</param>
/// <param name="MaxTimestamp">Ms since 1970; null: it is empty, or its records have none.</param>
/// <param name="DeadBytes">The same of what it replaced.</param>
/// <param name="IsActive">It takes appends.</param>
/// <param name="IsDead">All of it lies before the log start: retention is about to remove it.</param>
public sealed record SegmentInsight(
    string Segment, string Blob, SegmentKind Kind, long BaseOffset, long EndOffset, long Bytes, long? MaxTimestamp, long DeadBytes, bool IsActive, bool IsDead);

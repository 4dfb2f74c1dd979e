using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata.Rows;

public enum PartitionState
{
    Open = 0,

    /// <summary>Its topic is being deleted: the head is never replaced again and nothing is appended.</summary>
    Deleting = 1,
}

/// <summary>The segment that takes appends.</summary>
/// <param name="CreatedAt">Ms since 1970, by the clock of whoever proposed it.</param>
/// <param name="ProducersBlob">The producer state at its base; null: there were no producers.</param>
public readonly record struct ActiveSegmentRef(SegmentId Segment, long BaseOffset, long CreatedAt, string? ProducersBlob = null);

/// <summary>
/// The head of a partition: the one record whose compare-and-set decides what the log is. It names the active segment, and everything below that segment's
/// base is in the chain rows. Every change of the chain or of the log start replaces it in the same transaction, under its ETag.
/// </summary>
/// <remarks>Replicas and ISR are numbers of storage accounts; with one account they are 0.</remarks>
public sealed record PartitionHeadRow(
    PartitionState State, int Leader, int LeaderEpoch, IReadOnlyList<int> Replicas, IReadOnlyList<int> InSyncReplicas, ActiveSegmentRef Active, long LogStartOffset)
{
    public const int FormatVersion = 1;

    /// <summary>When blobs that nothing names were last looked for, in ms since 1970; 0: never.</summary>
    public long SweptAt { get; init; }

    /// <summary>How far the log is compacted, and what pass of compaction is under way.</summary>
    public CompactionProgress Compaction { get; init; }

    /// <summary>The head that a partition without any segment gets when its topic is deleted: whoever creates its first segment late finds it and gives up.</summary>
    public static PartitionHeadRow Unborn(PartitionState state) => new(state, 0, 0, [0], [0], default, 0);

    public Dictionary<string, RowValue> Encode() => new()
    {
        ["Format"] = FormatVersion,
        ["State"] = State == PartitionState.Open ? "open" : "deleting",
        ["Leader"] = Leader,
        ["LeaderEpoch"] = LeaderEpoch,
        ["Replicas"] = RowFormat.Join(Replicas),
        ["Isr"] = RowFormat.Join(InSyncReplicas),
        ["Segment"] = Active.Segment.ToString(),
        ["BaseOffset"] = Active.BaseOffset,
        ["CreatedAt"] = Active.CreatedAt,
        ["Producers"] = Active.ProducersBlob ?? "",
        ["LogStartOffset"] = LogStartOffset,
        ["SweptAt"] = SweptAt,
        ["CleanOffset"] = Compaction.CleanOffset,
        ["CompactionNext"] = Compaction.Next,
        ["CompactionEnd"] = Compaction.End,
    };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static PartitionHeadRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new PartitionHeadRow(
            RowFormat.Text(row, "State") switch
            {
                "open" => PartitionState.Open,
                "deleting" => PartitionState.Deleting,
                _ => throw RowFormat.Wrong(row, "State"),
            },
            RowFormat.Int32(row, "Leader"),
            RowFormat.Int32(row, "LeaderEpoch"),
            RowFormat.Numbers(row, "Replicas"),
            RowFormat.Numbers(row, "Isr"),
            new ActiveSegmentRef(RowFormat.Segment(row, "Segment"), RowFormat.Int64(row, "BaseOffset", least: 0), RowFormat.Int64(row, "CreatedAt"), RowFormat.OptionalText(row, "Producers")),
            RowFormat.Int64(row, "LogStartOffset", least: 0))
        {
            SweptAt = RowFormat.Int64(row, "SweptAt"),
            Compaction = new CompactionProgress(
                RowFormat.AddedInt64(row, "CleanOffset"), RowFormat.AddedInt64(row, "CompactionNext"), RowFormat.AddedInt64(row, "CompactionEnd")),
        };
    }
}

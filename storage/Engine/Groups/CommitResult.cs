namespace ManagedLog.Engine.Groups;

/// <summary>What became of a commit: all is stored but what is named here.</summary>
public sealed record CommitResult(IReadOnlyList<RefusedCommit> Refused)
{
    public static CommitResult AllDone { get; } = new([]);
}

/// <summary>
/// One that was not stored: UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID (of an incarnation that is gone), ILLEGAL_GENERATION (the member does not own the partition),
/// OFFSET_OUT_OF_RANGE (beyond the end), OFFSET_METADATA_TOO_LARGE, or what kept the end of the partition from being read. With REQUEST_TIMED_OUT it may have been
/// stored: the answer to a try before was lost, and meanwhile the member lost the partition.
/// </summary>
public sealed record RefusedCommit(OffsetCommit Commit, Refusal Why);

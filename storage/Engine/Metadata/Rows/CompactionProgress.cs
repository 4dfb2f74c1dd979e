namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>
/// How far the log is compacted. Of no two records below <paramref name="CleanOffset"/> does the later one have the earlier one's key: it is the first dirty offset. A pass
/// takes the log's segments from the first on, with the keys of the offsets from there up to <paramref name="End"/>.
/// </summary>
/// <param name="Next">The segments that end at or below it have been taken by the pass that is under way.</param>
/// <param name="End">Where that pass ends: what it makes the clean offset. It may be lowered while the pass goes on, never raised. 0: none is under way.</param>
public readonly record struct CompactionProgress(long CleanOffset, long Next, long End)
{
    public bool IsUnderWay => End > 0;
}

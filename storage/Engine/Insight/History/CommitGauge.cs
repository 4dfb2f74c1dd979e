namespace ManagedLog.Engine.Insight;

/// <summary>What a consumer group committed last of a partition before a report.</summary>
/// <param name="Offset"><see cref="Forgotten"/>: what was committed was deleted.</param>
/// <param name="LogEnd">As the instance knew it then; −1: it did not.</param>
/// <param name="At">Ms since 1970, by the instance's clock.</param>
internal readonly record struct CommitGauge(string Group, int Partition, long Offset, long LogEnd, long At)
{
    public const long Forgotten = -1;
}

namespace ManagedLog.Simulation.Judging;

/// <summary>
/// How far a log start might be advanced at one moment: to what clients have asked for, and segment by segment by what the topic's configuration allows. Kafka's
/// rules, written a second time and not taken from the engine.
/// </summary>
/// <param name="Asked">The offsets before which anybody has asked to delete.</param>
/// <param name="AskedForAll">Somebody has asked to delete all that stands.</param>
/// <param name="RetentionMs">Null: no record is too old.</param>
/// <param name="RetentionBytes">Null: nothing is too much.</param>
/// <param name="Now">By the storage service's clock, in ms since 1970.</param>
internal sealed record LogStartRights(IReadOnlySet<long> Asked, bool AskedForAll, long? RetentionMs, long? RetentionBytes, long Now)
{
    /// <summary>The log start grew from one image to the next, which was by right, or is a violation of I13.</summary>
    public IEnumerable<Violation> Check(LogImage earlier, LogImage later)
    {
        if (AskedForAll || Asked.Contains(later.StartOffset))
            yield break;
        var start = earlier.StartOffset;
        var bytes = earlier.Chain.Where(row => row.EndOffset > earlier.StartOffset).Sum(row => row.Bytes);
        foreach (var row in earlier.Chain.Where(row => row.EndOffset > earlier.StartOffset && row.BaseOffset < later.StartOffset))
        {
            bytes -= row.Bytes;
            if (!(row.MaxTimestamp + RetentionMs < Now) && !(bytes >= RetentionBytes))
            {
                yield return new Violation(
                    "I13", $"{later.Partition}: the log start was advanced to {later.StartOffset} over the segment at {row.BaseOffset} (newest {row.MaxTimestamp}, {bytes} bytes behind it), against {this}");
                yield break;
            }

            start = row.EndOffset;
        }

        if (start != later.StartOffset)
            yield return new Violation("I13", $"{later.Partition}: the log start was advanced to {later.StartOffset}, where no sealed segment ends that might go: {start} at most, by {this}");
    }
}

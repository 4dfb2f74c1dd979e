namespace ManagedLog.Proof.History.Judging;

/// <summary>
/// The ends that one instance names never go back, from one answer to a request that was sent after it. Different instances may know the high watermark differently
/// well, so they are not compared.
/// </summary>
internal static class EndRules
{
    public static IEnumerable<Anomaly> Find(PartitionHistory history)
    {
        foreach (var instance in history.Reads.GroupBy(static read => read.Invoked.Instance))
        {
            foreach (var anomaly in GoingBack(history, [.. instance], "high watermark", static read => read.Completed.HighWatermark))
                yield return anomaly;
            foreach (var anomaly in GoingBack(history, [.. instance], "log start", static read => read.Completed.LogStart))
                yield return anomaly;
        }
    }

    private static IEnumerable<Anomaly> GoingBack(PartitionHistory history, List<Read> reads, string name, Func<Read, long?> value)
    {
        var answers = reads.Where(read => value(read) is not null).OrderBy(static read => read.Completed.At).ToList();
        var (next, known) = (0, 0L);
        foreach (var read in reads.Where(read => value(read) is not null))
        {
            for (; next < answers.Count && answers[next].Completed.At < read.Invoked.At; next++)
                known = Math.Max(known, value(answers[next])!.Value);
            if (value(read) < known)
                yield return history.Wrong(AnomalyKind.NonMonotonic, $"{read} was told a {name} of {value(read)} after one of {known}");
        }
    }
}

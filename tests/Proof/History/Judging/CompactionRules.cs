namespace ManagedLog.Proof.History.Judging;

/// <summary>
/// What is gone stays gone. Instances may know of a compaction at different times, so each is compared with itself alone; at the end, what a tombstone ended must not outlive it.
/// That nothing else is gone, the rules for reads and for the passes at the end find.
/// </summary>
internal static class CompactionRules
{
    public static IEnumerable<Anomaly> Find(PartitionHistory history)
    {
        if (history.Rights is not { } rights)
            yield break;
        foreach (var instance in history.Reads.Where(static read => read.IsAnswered).GroupBy(static read => read.Invoked.Instance))
        {
            foreach (var anomaly in Returned(history, [.. instance]))
                yield return anomaly;
        }

        foreach (var pass in history.Passes.Where(rights.IsQuick))
        {
            foreach (var anomaly in Outlived(history, rights, pass))
                yield return anomaly;
        }
    }

    private static IEnumerable<Anomaly> Returned(PartitionHistory history, List<Read> reads)
    {
        var answers = reads.OrderBy(static read => read.Completed.At).ToList();
        var gone = new Dictionary<long, Read>();
        var next = 0;
        foreach (var read in reads)
        {
            for (; next < answers.Count && answers[next].Completed.At < read.Invoked.At; next++)
            {
                foreach (var (offset, end) in answers[next].Gaps)
                {
                    for (var missing = offset; missing < end; missing++)
                        gone.TryAdd(missing, answers[next]);
                }
            }

            foreach (var record in read.Records)
            {
                if (gone.TryGetValue(record.Offset, out var before))
                    yield return history.Wrong(AnomalyKind.Resurrected, $"{read} gave {record.Value} at offset {record.Offset}, where {before} had found nothing any more");
            }
        }
    }

    private static IEnumerable<Anomaly> Outlived(PartitionHistory history, CompactionRights rights, FinalPass pass)
    {
        foreach (var sent in history.Sent.Values.Where(sent => sent.IsTombstone))
        {
            if (history.OffsetOf(sent.Label) is not { } offset || offset < pass.LogStart || pass.Records.ContainsKey(offset))
                continue;
            if (rights.Last(pass, sent.Key) is { } last && last < offset)
                yield return history.Wrong(
                    AnomalyKind.Resurrected, $"{pass.Name} found {pass.Records[last]} at offset {last}, but not the tombstone {sent.Label} of its key {sent.Key} at offset {offset}");
        }
    }
}

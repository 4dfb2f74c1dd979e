namespace ManagedLog.Proof.History.Judging;

/// <summary>What was acknowledged, and what any reader has seen, is in every later pass over the whole partition, unless retention has removed it, or compaction might.</summary>
internal static class FinalRules
{
    public static IEnumerable<Anomaly> Find(PartitionHistory history)
    {
        if (history.Passes.Count == 0)
            yield return history.Wrong(AnomalyKind.Unread, "no pass at the end came to the high watermark");
        foreach (var pass in history.Passes)
        {
            if (!history.MayShrink && pass.LogStart > 0)
                yield return history.Wrong(AnomalyKind.Lost, $"{pass.Name} found that the log begins at {pass.LogStart}, and nothing removes records here");
            foreach (var anomaly in (IEnumerable<Anomaly>)[.. Lost(history, pass), .. Withdrawn(history, pass)])
                yield return anomaly;
        }
    }

    private static IEnumerable<Anomaly> Lost(PartitionHistory history, FinalPass pass)
    {
        var found = pass.Records.Values.ToHashSet();
        foreach (var sent in history.Sent.Values)
        {
            // One that stands elsewhere is at the wrong offset, which another rule finds.
            if (sent.AcknowledgedAt < pass.BeganAt && sent.Told[0] >= pass.LogStart && !found.Contains(sent.Label) && !MayMiss(history, pass, sent.Label, sent.Told[0]))
                yield return history.Wrong(AnomalyKind.Lost, $"{Named(sent)} was acknowledged at offset {sent.Told[0]} and {pass.Name} did not find it");
        }

        // It may stand elsewhere all the same.
        foreach (var sent in history.Sent.Values.Where(sent => sent.AcknowledgedAt < pass.BeganAt && found.Contains(sent.Label)))
        {
            if (pass.Records.GetValueOrDefault(sent.Told[0]) != sent.Label && !history.Seen.ContainsKey(sent.Told[0]))
                yield return history.Wrong(AnomalyKind.WrongOffset, $"{sent.Label} was acknowledged at offset {sent.Told[0]}, where {pass.Name} found nothing");
        }
    }

    private static bool MayMiss(PartitionHistory history, FinalPass pass, string label, long offset) =>
        history.Rights is { } rights && history.Sent.TryGetValue(label, out var sent) && rights.MayMiss(pass, sent, offset);

    private static string Named(SentRecord sent) => sent.Key is { } key ? $"{sent.Label} of key {key}, the last one," : sent.Label;

    private static IEnumerable<Anomaly> Withdrawn(PartitionHistory history, FinalPass pass)
    {
        foreach (var (offset, seen) in history.Seen.Where(seen => seen.Key >= pass.LogStart))
        {
            var first = seen[0];
            var found = pass.Records.GetValueOrDefault(offset);
            if (first.Read.Completed.At < pass.BeganAt && found != first.Record.Value && (found is not null || !MayMiss(history, pass, first.Record.Value, offset)))
                yield return history.Wrong(
                    AnomalyKind.ReadBeforeCommitted, $"{first.Read} saw {first.Record.Value} at offset {offset}, where {pass.Name} found {found ?? "nothing"}");
        }
    }
}

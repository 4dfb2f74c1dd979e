namespace ManagedLog.Proof.History.Judging;

/// <summary>
/// The log is one order that agrees with time: whatever was sent after a record was known to stand, stands behind it. That includes the order of each producer that
/// waits for its answers, whichever instances it talks to. The records of one request stand together and in their order.
/// </summary>
internal static class OrderRules
{
    public static IEnumerable<Anomaly> Find(PartitionHistory history)
    {
        var offsets = history.Sent.Keys.Where(label => history.OffsetOf(label) is not null).ToDictionary(label => label, label => history.OffsetOf(label)!.Value);
        return [.. AgainstTime(history, offsets), .. WithinRequests(history, offsets), .. WithinStreams(history)];
    }

    private static IEnumerable<Anomaly> AgainstTime(PartitionHistory history, Dictionary<string, long> offsets)
    {
        // From the end on: the earliest time at which one of those behind was known to stand.
        var (known, behind) = (long.MaxValue, "");
        foreach (var (label, offset) in offsets.OrderByDescending(static place => place.Value))
        {
            var sent = history.Sent[label];
            if (sent.FirstInvokedAt > known)
                yield return history.Wrong(AnomalyKind.Reordered, $"{label} at offset {offset} was sent after {behind} at offset {offsets[behind]} was known to stand");
            if (history.KnownAt(label, offset) is var at && at < known)
                (known, behind) = (at, label);
        }
    }

    private static IEnumerable<Anomaly> WithinRequests(PartitionHistory history, Dictionary<string, long> offsets)
    {
        var requests = history.Appends.Where(static append => append.Invoked.Values.Count > 1).DistinctBy(static append => append.Invoked.Send);
        foreach (var values in requests.Select(static append => append.Invoked.Values))
        {
            var standing = values.Where(offsets.ContainsKey).Select(label => offsets[label]).ToList();
            if (standing.Zip(standing.Skip(1)).Any(static pair => pair.Second <= pair.First))
                yield return history.Wrong(AnomalyKind.Reordered, $"{values[0]} and those sent with it stand at the offsets {string.Join(", ", standing)}");
            if (standing.Count == 0 || standing.Count == values.Count)
                continue;
            if (history.Rights is not null)
            {
                foreach (var anomaly in TornInCompacted(history, values, offsets))
                    yield return anomaly;
                continue;
            }

            // Retention may have removed the first of them, and what no pass reached may still come.
            foreach (var pass in history.Passes)
            {
                var inPass = standing.Count(offset => pass.Records.ContainsKey(offset));
                if (inPass > 0 && standing[0] > pass.LogStart)
                {
                    yield return history.Wrong(
                        AnomalyKind.Torn, $"of {values[0]} and those sent with it only {inPass} of {values.Count} are there, from offset {standing[0]} on");
                    break;
                }
            }
        }
    }

    /// <summary>The records of one request stand side by side, so it is known where those were that nobody saw.</summary>
    private static IEnumerable<Anomaly> TornInCompacted(PartitionHistory history, IReadOnlyList<string> values, Dictionary<string, long> offsets)
    {
        var known = Enumerable.Range(0, values.Count).First(index => offsets.ContainsKey(values[index]));
        var first = offsets[values[known]] - known;
        foreach (var pass in history.Passes.Where(pass => pass.LogStart <= first && pass.Records.Count > 0 && pass.Records.Keys.Max() >= first + values.Count))
        {
            for (var index = 0; index < values.Count; index++)
            {
                if (offsets.ContainsKey(values[index]) || history.Rights!.MayMiss(pass, history.Sent[values[index]], first + index))
                    continue;
                yield return history.Wrong(AnomalyKind.Torn, $"{values[known]} stands at offset {first + known}, and {values[index]}, which was sent with it, does not");
                yield break;
            }
        }
    }

    private static IEnumerable<Anomaly> WithinStreams(PartitionHistory history)
    {
        var streamed = history.Appends.Where(static append => append.IsAcknowledged && append.Invoked.Stream is not null);
        foreach (var stream in streamed.GroupBy(static append => append.Invoked.Stream))
        {
            var told = stream
                .OrderBy(static append => append.Invoked.Op)
                .Select(static append => (Label: append.Invoked.Values[0], Offset: append.Completed!.Offsets[0]))
                .ToList();
            foreach (var (first, second) in told.Zip(told.Skip(1)))
            {
                if (second.Offset <= first.Offset)
                    yield return history.Wrong(AnomalyKind.Reordered, $"in one stream {first.Label} went to offset {first.Offset} and {second.Label} to {second.Offset}");
            }
        }
    }
}

using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Judging;

/// <summary>Each record stands once, where its producer was told, unchanged, and not at all where its producer was told so.</summary>
internal static class ContentRules
{
    public static IEnumerable<Anomaly> Find(PartitionHistory history) => [.. Offsets(history), .. Places(history), .. Told(history)];

    /// <summary>An offset never shows two records.</summary>
    private static IEnumerable<Anomaly> Offsets(PartitionHistory history)
    {
        foreach (var (offset, seen) in history.Seen)
        {
            var first = seen[0];
            if (seen.FirstOrDefault(sighting => sighting.Record != first.Record) is { } other)
                yield return history.Wrong(
                    AnomalyKind.Changed,
                    $"offset {offset} held {Describe(first.Record)} in {first.Read} and {Describe(other.Record)} in {other.Read}");
        }
    }

    private static string Describe(ReadRecord record) => $"{record.Value} with time {record.Timestamp}";

    private static IEnumerable<Anomaly> Places(PartitionHistory history)
    {
        foreach (var (label, offsets) in history.Places)
        {
            if (!history.Sent.TryGetValue(label, out var sent))
                yield return history.Wrong(AnomalyKind.Changed, $"{label} at offset {offsets[0]} was written by nobody");
            else if (sent.IsFailed)
                yield return history.Wrong(AnomalyKind.FailedButRead, $"{label} was reported as not appended and was read at offset {offsets[0]}");
            if (offsets.Count > 1)
                yield return history.Wrong(AnomalyKind.Duplicated, $"{label} was read at the offsets {string.Join(", ", offsets)}");
        }
    }

    private static IEnumerable<Anomaly> Told(PartitionHistory history)
    {
        var owners = new Dictionary<long, string>();
        foreach (var sent in history.Sent.Values)
        {
            if (sent.Told.Count > 1)
                yield return history.Wrong(AnomalyKind.WrongOffset, $"{sent.Label} was acknowledged at the offsets {string.Join(", ", sent.Told)}");
            foreach (var offset in sent.Told)
            {
                if (!owners.TryAdd(offset, sent.Label))
                    yield return history.Wrong(AnomalyKind.WrongOffset, $"offset {offset} was told for {owners[offset]} and for {sent.Label}");
                if (history.Seen.TryGetValue(offset, out var seen) && seen.FirstOrDefault(sighting => sighting.Record.Value != sent.Label) is { } other)
                    yield return history.Wrong(AnomalyKind.WrongOffset, $"{sent.Label} was acknowledged at offset {offset}, where {other.Read} saw {other.Record.Value}");
            }
        }
    }
}

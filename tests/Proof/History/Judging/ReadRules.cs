using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Judging;

/// <summary>Each read by itself: every offset from where it began that compaction has not taken, none of them twice, all below the high watermark that the same answer names.</summary>
internal static class ReadRules
{
    private const int OutOfRange = 416;

    public static IEnumerable<Anomaly> Find(PartitionHistory history)
    {
        foreach (var read in history.Reads)
        {
            if (read.IsAnswered)
            {
                foreach (var anomaly in (IEnumerable<Anomaly>)[.. Offsets(history, read), .. Ends(history, read), .. ByTime(history, read)])
                    yield return anomaly;
            }
        }

        foreach (var anomaly in Refusals(history))
            yield return anomaly;
    }

    private static IEnumerable<Anomaly> Offsets(PartitionHistory history, Read read)
    {
        var due = read.Due;
        foreach (var record in read.Records)
        {
            if (record.Offset < due)
                yield return history.Wrong(AnomalyKind.NonMonotonic, $"{read} gave offset {record.Offset} where {due} was due");
            due = record.Offset + 1;
        }

        foreach (var (offset, end) in read.Gaps)
        {
            if (!history.MayBeGone(offset, end, read.Completed.At))
                yield return history.Wrong(AnomalyKind.Gap, $"{read} gave offset {end} where {offset} was due");
        }
    }

    private static IEnumerable<Anomaly> Ends(PartitionHistory history, Read read)
    {
        // A service that stops answers without them.
        if (read.Completed.HighWatermark is not { } end || read.Completed.LogStart is not { } start)
            yield break;
        if (read.Records.Count > 0 && read.Records[^1].Offset >= end)
            yield return history.Wrong(AnomalyKind.ReadBeforeCommitted, $"{read} gave offset {read.Records[^1].Offset} with a high watermark of {end}");
        if (read.Invoked.From is not { } from)
            yield break;
        if (end < from)
            yield return history.Wrong(AnomalyKind.NonMonotonic, $"{read} was answered with a high watermark of {end}");
        else if (read.Records.Count == 0 && end > from && !history.MayBeGone(from, read.Completed.Next ?? end, read.Completed.At))
            yield return history.Wrong(AnomalyKind.Gap, $"{read} gave nothing although the high watermark is {end}");
        if (start > from)
            yield return history.Wrong(AnomalyKind.NonMonotonic, $"{read} was answered although the log begins at {start}");
    }

    private static IEnumerable<Anomaly> ByTime(PartitionHistory history, Read read)
    {
        if (read.Invoked.FromTime is not { } time || read.Records is not [var first, ..])
            yield break;
        // Where no record is that late, the read begins at the end, and what comes there meanwhile may be of any time.
        if (first.Timestamp < time && !FoundIsGone(history, read, first) && history.KnownAt(first.Value, first.Offset) < read.Invoked.At)
            yield return history.Wrong(AnomalyKind.WrongStart, $"{read} began at offset {first.Offset} with time {first.Timestamp}");
        for (var offset = first.Offset - 1; offset >= (read.Completed.LogStart ?? first.Offset); offset--)
        {
            if (history.Seen.TryGetValue(offset, out var seen) && seen[0].Record.Timestamp >= time && !history.MayBeGone(offset, offset + 1, read.Completed.At))
            {
                var earlier = seen[0].Record;
                yield return history.Wrong(AnomalyKind.WrongStart, $"{read} began at offset {first.Offset}, but offset {offset} has time {earlier.Timestamp}");
                yield break;
            }
        }
    }

    /// <summary>What was found may have been compacted away before it was read; then the answer begins with what follows.</summary>
    private static bool FoundIsGone(PartitionHistory history, Read read, ReadRecord first) =>
        first.Offset > 0 && history.MayBeGone(first.Offset - 1, first.Offset, read.Completed.At);

    /// <summary>An offset up to which records were known to stand is not beyond the end at any instance.</summary>
    private static IEnumerable<Anomaly> Refusals(PartitionHistory history)
    {
        var read = history.Reads
            .Where(static read => read.Completed.HighWatermark is not null)
            .Select(static read => (read.Completed.At, End: read.Completed.HighWatermark!.Value));
        var acknowledged = history.Appends
            .Where(static append => append.IsAcknowledged)
            .Select(static append => (append.Completed!.At, End: append.Completed.Offsets[^1] + 1));
        var ends = read.Concat(acknowledged)
            .OrderBy(static end => end.At)
            .ToList();
        var (next, known) = (0, 0L);
        foreach (var refused in history.Reads.Where(static read => read.Completed.Status == OutOfRange))
        {
            for (; next < ends.Count && ends[next].At < refused.Invoked.At; next++)
                known = Math.Max(known, ends[next].End);
            var start = refused.Completed.LogStart ?? (history.MayShrink ? long.MaxValue : 0);
            if (refused.Invoked.From is { } from && from <= known && from >= start)
                yield return history.Wrong(AnomalyKind.NonMonotonic, $"{refused} was out of range, though the high watermark had been {known}");
        }
    }
}

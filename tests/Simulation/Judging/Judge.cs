using ManagedLog.Engine;

namespace ManagedLog.Simulation.Judging;

/// <summary>
/// Compares what clients were told with what stands. All rules are functions of their arguments; an empty answer means that nothing is wrong.
/// </summary>
internal static class Judge
{
    /// <summary>
    /// Every acknowledged batch stands where it was acknowledged (I4), each in a place of its own (I6); nothing stands that was only reported as failed (I5) or
    /// never sent (I3); what is unknown stands at most once (I6); and what was sent after another was acknowledged stands behind it (I9).
    /// </summary>
    /// <param name="incarnations">All that ever were: one, unless the topic was deleted and created again.</param>
    public static IEnumerable<Violation> CheckHistory(LogKey log, IReadOnlyList<Attempt> attempts, IReadOnlyList<LogImage> incarnations)
    {
        var standing = incarnations.SelectMany(image => image.Batches).ToLookup(batch => batch.BaseOffset);
        var violations = CheckAcknowledged(log, attempts, standing).Concat(CheckCounts(log, attempts, incarnations));
        return incarnations.Count == 1 ? violations.Concat(CheckOrder(log, attempts)) : violations;
    }

    /// <summary>Whatever a reader was given is what the log says (I3), and within it (I10).</summary>
    public static IEnumerable<Violation> CheckSeen(IEnumerable<KeyValuePair<long, ContentKey>> seen, LogImage image)
    {
        var standing = image.Batches.ToLookup(batch => batch.BaseOffset);
        foreach (var (offset, content) in seen)
        {
            if (!standing.Contains(offset))
                yield return new Violation("I10", $"{image.Partition}: {content} was read at {offset}, where no batch stands");
            else if (standing[offset].All(batch => batch.Content != content))
                yield return new Violation("I3", $"{image.Partition}: {content} was read where {standing[offset].First()} stands");
        }
    }

    /// <summary>Once a deletion was answered, nothing is appended any more, whoever tries (I5).</summary>
    public static IEnumerable<Violation> CheckDeletion(LogImage whenAnswered, LogImage later)
    {
        if (later.Batches.Count > 0 && later.EndOffset != whenAnswered.EndOffset)
        {
            yield return new Violation(
                "I5", $"{later.Partition}: the deletion was answered when the log ended at {whenAnswered.EndOffset}; it went on to {later.EndOffset}");
        }

        if (later is { Batches.Count: > 0, Tail: TailState.Open })
            yield return new Violation("I5", $"{later.Partition}: the deletion was answered and the active segment still takes appends");
    }

    /// <summary>What an instance serves from the log start on is what stands, byte for byte.</summary>
    public static IEnumerable<Violation> CheckServed(LogImage image, IReadOnlyList<ReadOnlyMemory<byte>> served, string by)
    {
        var standing = image.Batches.Where(batch => batch.Header.NextOffset > image.StartOffset).ToList();
        for (var i = 0; i < Math.Max(served.Count, standing.Count); i++)
        {
            if (i >= served.Count)
                yield return new Violation("I4", $"{image.Partition}: {by} does not serve {standing[i]}");
            else if (i >= standing.Count)
                yield return new Violation("I10", $"{image.Partition}: {by} serves {ContentKey.Of(served[i].Span)}, which is beyond the end of the log");
            else if (!served[i].Span.SequenceEqual(standing[i].Bytes.Span))
                yield return new Violation("I3", $"{image.Partition}: {by} serves {ContentKey.Of(served[i].Span)} where {standing[i]} stands");
            else
                continue;
            yield break;
        }
    }

    /// <summary>
    /// An answer to "the first record at or after a time" (I12): it names a record that is, and no readable record before it is. None: there is none before the
    /// end that it names, which is no earlier than what the log was known to reach when it was asked.
    /// </summary>
    /// <param name="image">When it was answered, with all that ever stood.</param>
    /// <param name="knownEnd">The end that was known when it was asked.</param>
    /// <param name="current">Without what compaction has taken away since; null: it takes nothing here.</param>
    public static IEnumerable<Violation> CheckTime(LogImage image, long timestamp, OffsetAtTime answer, long knownEnd, string by, LogImage? current = null)
    {
        if (Earlier(current ?? image, timestamp, answer.Offset) is { } earlier)
            yield return new Violation("I12", $"{image.Partition}: {by} gives {answer} for {timestamp}, but offset {earlier} is as late");
        if (answer.Timestamp is null)
        {
            if (answer.Offset < knownEnd)
                yield return new Violation("I12", $"{image.Partition}: {by} knows no record at or after {timestamp} up to {answer.Offset}; the log reached {knownEnd} before");
        }
        else if (answer.Timestamp < timestamp || TimeOf(image, answer.Offset) != answer.Timestamp)
        {
            yield return new Violation("I12", $"{image.Partition}: {by} gives {answer} for {timestamp}; that record is of {TimeOf(image, answer.Offset)}");
        }
    }

    private static long? Earlier(LogImage image, long timestamp, long before)
    {
        foreach (var batch in image.Batches)
        {
            if (batch.Header.NextOffset <= image.StartOffset || batch.Header.MaxTimestamp < timestamp)
                continue;
            if (batch.BaseOffset >= before)
                return null;
            foreach (var record in batch.Records)
            {
                if (record.Timestamp >= timestamp && record.Offset >= image.StartOffset && record.Offset < before)
                    return record.Offset;
            }
        }

        return null;
    }

    /// <summary>The timestamp of one record; null: there is none.</summary>
    public static long? TimeOf(LogImage image, long offset)
    {
        var batch = image.Batches.FirstOrDefault(b => b.BaseOffset <= offset && offset < b.Header.NextOffset);
        return batch?.Records.FirstOrDefault(record => record.Offset == offset)?.Timestamp;
    }

    private static IEnumerable<Violation> CheckAcknowledged(LogKey log, IReadOnlyList<Attempt> attempts, ILookup<long, StoredBatch> standing)
    {
        foreach (var place in attempts.Where(a => a.Status == AttemptStatus.Acknowledged).GroupBy(a => a.Offset))
        {
            var there = standing[place.Key].ToList();
            foreach (var attempt in place)
            {
                if (there.Count == 0)
                    yield return new Violation("I4", $"{log}: no batch stands where {attempt} was acknowledged");
                else if (!there.Exists(batch => batch.Content == attempt.Content && batch.Header.RecordCount == attempt.Records))
                    yield return new Violation("I4", $"{log}: {there[0]} stands where {attempt} was acknowledged");
            }

            if (there.Count > 0 && place.Count() > there.Count)
                yield return new Violation("I6", $"{log}: one place was given to {string.Join(" and ", place)}");
        }
    }

    private static IEnumerable<Violation> CheckCounts(LogKey log, IReadOnlyList<Attempt> attempts, IReadOnlyList<LogImage> incarnations)
    {
        var sent = attempts.ToLookup(a => a.Content);
        foreach (var standing in incarnations.SelectMany(image => image.Batches).GroupBy(b => b.Content))
        {
            var stands = standing.Count();
            var acknowledged = sent[standing.Key].Count(a => a.Status == AttemptStatus.Acknowledged);
            var unknown = sent[standing.Key].Count(a => a.Status is AttemptStatus.Unknown or AttemptStatus.Pending);
            if (!sent.Contains(standing.Key))
                yield return new Violation("I3", $"{log}: {standing.First()} stands, which nobody sent");
            else if (acknowledged + unknown == 0)
                yield return new Violation("I5", $"{log}: {standing.First()} stands, which was reported as failed");
            else if (stands > acknowledged + unknown)
            {
                var places = string.Join(", ", standing.Select(b => b.BaseOffset));
                yield return new Violation(
                    "I6", $"{log}: {standing.Key} stands {stands} times, at {places}; it was acknowledged {acknowledged} times, {unknown} are unknown");
            }
        }
    }

    /// <summary>Sweeps over beginnings and acknowledgements in the order of time.</summary>
    private static IEnumerable<Violation> CheckOrder(LogKey log, IReadOnlyList<Attempt> attempts)
    {
        var acknowledged = attempts.Where(a => a.Status == AttemptStatus.Acknowledged).ToList();
        var ended = new Queue<Attempt>(acknowledged.OrderBy(a => a.EndedAt));
        Attempt? last = null;
        foreach (var attempt in acknowledged.OrderBy(a => a.StartedAt))
        {
            while (ended.TryPeek(out var earlier) && earlier.EndedAt < attempt.StartedAt)
            {
                ended.Dequeue();
                if (last is null || earlier.Offset > last.Offset)
                    last = earlier;
            }

            if (last is not null && attempt.Offset < last.Offset)
                yield return new Violation("I9", $"{log}: {attempt} began after {last} was acknowledged, and stands before it");
        }
    }
}

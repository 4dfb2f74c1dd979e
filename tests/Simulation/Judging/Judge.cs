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

    /// <summary>Between two images of one partition the log only grows (I3, I4), and what is chained stays as it is (I11).</summary>
    public static IEnumerable<Violation> CheckSuccession(LogImage earlier, LogImage later)
    {
        var partition = earlier.Partition;
        for (var i = 0; i < earlier.Batches.Count; i++)
        {
            var before = earlier.Batches[i];
            if (i >= later.Batches.Count)
            {
                yield return new Violation("I4", $"{partition}: {before} stood and was lost, the log now ends at {later.EndOffset}");
                break;
            }

            if (!before.Bytes.Span.SequenceEqual(later.Batches[i].Bytes.Span))
            {
                yield return new Violation("I3", $"{partition}: {before} was replaced by {later.Batches[i]}");
                break;
            }
        }

        for (var i = 0; i < earlier.Chain.Count; i++)
        {
            if (i >= later.Chain.Count || later.Chain[i] != earlier.Chain[i])
            {
                yield return new Violation("I11", $"{partition}: the chained segment at {earlier.Chain[i].BaseOffset} was changed");
                break;
            }
        }

        if (earlier.Head is { } head && later.Head is { } next && next.LogStartOffset < head.LogStartOffset)
            yield return new Violation("I13", $"{partition}: the log start went back from {head.LogStartOffset} to {next.LogStartOffset}");
    }

    /// <summary>Once a deletion was answered, nothing is appended any more, whoever tries (I5).</summary>
    public static IEnumerable<Violation> CheckDeletion(LogImage whenAnswered, LogImage later)
    {
        if (later.EndOffset != whenAnswered.EndOffset)
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
        for (var i = 0; i < Math.Max(served.Count, image.Batches.Count); i++)
        {
            if (i >= served.Count)
                yield return new Violation("I4", $"{image.Partition}: {by} does not serve {image.Batches[i]}");
            else if (i >= image.Batches.Count)
                yield return new Violation("I10", $"{image.Partition}: {by} serves {ContentKey.Of(served[i].Span)}, which is beyond the end of the log");
            else if (!served[i].Span.SequenceEqual(image.Batches[i].Bytes.Span))
                yield return new Violation("I3", $"{image.Partition}: {by} serves {ContentKey.Of(served[i].Span)} where {image.Batches[i]} stands");
            else
                continue;
            yield break;
        }
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

namespace ManagedLog.Simulation.Judging;

/// <summary>
/// Compares what clients were told with what stands. All rules are functions of their arguments; an empty answer means that nothing is wrong.
/// </summary>
internal static class Judge
{
    /// <summary>
    /// Every acknowledged batch stands exactly once where it was acknowledged (I4, I3, I6), nothing stands that was only reported as failed (I5) or never sent, unknown stands
    /// at most once, an append that began after another was acknowledged stands behind it (I9), and whatever a reader was given is what the log says (I3, I10).
    /// </summary>
    public static IEnumerable<Violation> CheckHistory(History history, LogImage image)
    {
        var partition = image.Partition;
        var standing = new Dictionary<long, StoredBatch>();
        foreach (var batch in image.Batches)
            standing.TryAdd(batch.BaseOffset, batch);
        var attempts = history.AttemptsOf(partition);
        return CheckAcknowledged(attempts, standing, image)
            .Concat(CheckCounts(attempts, image))
            .Concat(CheckOrder(attempts))
            .Concat(CheckDeletion(history, attempts, image))
            .Concat(CheckSeen(history, standing, image));
    }

    /// <summary>Between two images of one partition the log only grows (I3, I4), and what is sealed stays as it is (I11).</summary>
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

    private static IEnumerable<Violation> CheckAcknowledged(IReadOnlyList<Attempt> attempts, Dictionary<long, StoredBatch> standing, LogImage image)
    {
        var takenBy = new Dictionary<long, Attempt>();
        foreach (var attempt in attempts.Where(a => a.Status == AttemptStatus.Acknowledged))
        {
            if (!takenBy.TryAdd(attempt.Offset, attempt))
                yield return new Violation("I6", $"{image.Partition}: {takenBy[attempt.Offset]} and {attempt} were given the same place");
            if (!standing.TryGetValue(attempt.Offset, out var batch))
                yield return new Violation("I4", $"{image.Partition}: no batch stands where {attempt} was acknowledged; the log ends at {image.EndOffset}");
            else if (batch.Content != attempt.Content || batch.Header.RecordCount != attempt.Records)
                yield return new Violation("I4", $"{image.Partition}: {batch} stands where {attempt} was acknowledged");
        }
    }

    private static IEnumerable<Violation> CheckCounts(IReadOnlyList<Attempt> attempts, LogImage image)
    {
        var sent = attempts.ToLookup(a => a.Content);
        foreach (var standing in image.Batches.GroupBy(b => b.Content))
        {
            var stands = standing.Count();
            var acknowledged = sent[standing.Key].Count(a => a.Status == AttemptStatus.Acknowledged);
            var unknown = sent[standing.Key].Count(a => a.Status is AttemptStatus.Unknown or AttemptStatus.Pending);
            if (!sent.Contains(standing.Key))
                yield return new Violation("I3", $"{image.Partition}: {standing.First()} stands, which nobody sent");
            else if (acknowledged + unknown == 0)
                yield return new Violation("I5", $"{image.Partition}: {standing.First()} stands, which was reported as failed");
            else if (stands > acknowledged + unknown)
            {
                yield return new Violation(
                    "I6",
                    $"{image.Partition}: {standing.First()} stands {stands} times, at {string.Join(", ", standing.Select(b => b.BaseOffset))}; it was acknowledged {acknowledged} times, {unknown} are unknown");
            }
        }
    }

    /// <summary>Sweeps over beginnings and acknowledgements in the order of time.</summary>
    private static IEnumerable<Violation> CheckOrder(IReadOnlyList<Attempt> attempts)
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
                yield return new Violation("I9", $"{attempt.Partition}: {attempt} began after {last} was acknowledged, and stands before it");
        }
    }

    private static IEnumerable<Violation> CheckDeletion(History history, IReadOnlyList<Attempt> attempts, LogImage image)
    {
        if (history.DeletedAt(image.Partition.Topic) is not { } deletedAt)
            yield break;
        if (image.Head is not null && image.Head.Active.Segment != default && image.Tail == TailState.Open)
            yield return new Violation("I5", $"{image.Partition}: its topic was deleted and its active segment still takes appends");
        if (attempts.FirstOrDefault(a => a.Status == AttemptStatus.Acknowledged && a.StartedAt > deletedAt) is { } late)
            yield return new Violation("I5", $"{image.Partition}: {late} began after the topic's deletion was answered");
    }

    private static IEnumerable<Violation> CheckSeen(History history, Dictionary<long, StoredBatch> standing, LogImage image)
    {
        foreach (var (offset, content) in history.SeenOf(image.Partition))
        {
            if (!standing.TryGetValue(offset, out var batch))
                yield return new Violation("I10", $"{image.Partition}: {content} was read at {offset}, where no batch stands");
            else if (batch.Content != content)
                yield return new Violation("I3", $"{image.Partition}: {content} was read where {batch} stands");
        }
    }
}

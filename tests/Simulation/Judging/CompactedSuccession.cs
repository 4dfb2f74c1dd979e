using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Simulation.Judging;

/// <summary>
/// What may become of a partition of a compacted topic between two images of it (I14): records go only if a later one has their key, or as tombstones whose delete horizon
/// has passed; all others stay as they are, where they are. Functions of their arguments; an empty answer means that nothing is wrong.
/// </summary>
internal static class CompactedSuccession
{
    /// <param name="whole">All that ever stood until then, as it was appended.</param>
    /// <param name="before">What stood when it was last looked at.</param>
    /// <param name="now">By the storage service's clock, in ms since 1970.</param>
    public static IEnumerable<Violation> Check(LogImage whole, LogImage before, LogImage later, long now)
    {
        if (later.IsDeleted)
            return [];
        return CheckBatches(whole, later).Concat(CheckRecords(whole, before, later, now)).Concat(CheckChain(before, later)).Concat(Succession.CheckLogStart(before, later));
    }

    /// <summary>The later image with all that ever stood, as it was appended.</summary>
    public static LogImage Join(LogImage whole, LogImage later) =>
        later with { Batches = [.. whole.Batches, .. later.Batches.Where(batch => batch.BaseOffset >= whole.EndOffset)] };

    private static IEnumerable<Violation> CheckBatches(LogImage whole, LogImage later)
    {
        // Two at one offset are an image's own defect, and are found in it; here the first counts.
        var originals = whole.Batches.DistinctBy(batch => batch.BaseOffset).ToDictionary(batch => batch.BaseOffset);
        foreach (var batch in later.Batches.Where(batch => batch.BaseOffset < whole.EndOffset))
        {
            if (!originals.TryGetValue(batch.BaseOffset, out var original))
                yield return new Violation("I3", $"{later.Partition}: {batch} stands, where none was appended");
            else if (!original.IsSame(batch) && Reduction.FindDefect(original, batch) is { } defect)
                yield return new Violation("I14", $"{later.Partition}: what compaction left of {original} {defect}");
        }

        if (later.EndOffset < whole.EndOffset)
            yield return new Violation("I4", $"{later.Partition}: {whole.Batches[^1]} stood and was lost, the log now ends at {later.EndOffset}");
    }

    private static IEnumerable<Violation> CheckRecords(LogImage whole, LogImage before, LogImage later, long now)
    {
        var stands = later.Batches.SelectMany(batch => batch.Records).Select(record => record.Offset).ToHashSet();
        var last = new Dictionary<string, long>();
        foreach (var record in Join(whole, later).Batches.SelectMany(batch => batch.Records).Where(record => record.Key is not null))
            last[record.Key!] = record.Offset;
        var stood = new HashSet<long>();
        foreach (var batch in before.Batches)
        {
            foreach (var record in batch.Records)
            {
                stood.Add(record.Offset);
                if (stands.Contains(record.Offset) || record.Offset < later.StartOffset || record.Key is null || last[record.Key] > record.Offset)
                    continue;
                if (!record.IsTombstone)
                    yield return new Violation("I14", $"{later.Partition}: the record at {record.Offset} is gone, though it is the last of its key");
                else if (!(batch.Header.DeleteHorizon <= now))
                    yield return new Violation("I14", $"{later.Partition}: the tombstone at {record.Offset} is gone at {now}, its time is {batch.Header.DeleteHorizon}");
            }
        }

        foreach (var offset in stands.Where(offset => offset < before.EndOffset && offset >= before.StartOffset && !stood.Contains(offset)))
            yield return new Violation("I14", $"{later.Partition}: the record at {offset} was gone and has come back");
    }

    private static IEnumerable<Violation> CheckChain(LogImage before, LogImage later)
    {
        foreach (var row in before.Chain.Where(row => row.EndOffset > later.StartOffset))
        {
            var now = later.Chain.FirstOrDefault(other => other.BaseOffset <= row.BaseOffset && other.EndOffset >= row.EndOffset);
            if (now is null)
                yield return new Violation("I11", $"{later.Partition}: no segment of the chain holds what the one at {row.BaseOffset} held");
            else if (now.Blob == row.Blob ? now with { DeadBlob = null, DeadBytes = 0 } != row with { DeadBlob = null, DeadBytes = 0 } : !now.DeadBlobs.Contains(row.Blob))
                yield return new Violation("I11", $"{later.Partition}: the chained segment at {row.BaseOffset} was changed from {row} to {now}");
        }
    }
}

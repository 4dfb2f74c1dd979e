using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Simulation.Judging;

/// <summary>
/// What may become of a partition between two images of it: the log grows at its end, gives up whole segments below its log start, and is rewritten byte for
/// byte. All rules are functions of their arguments; an empty answer means that nothing is wrong.
/// </summary>
internal static class Succession
{
    /// <summary>
    /// No batch is lost (I4) or changed (I3), what is chained stays as it is but for the object that holds it (I11), and the log start grows as far as somebody
    /// had a right to (I13).
    /// </summary>
    /// <param name="earlier">All that ever stood until then.</param>
    /// <param name="rights">Null: who may move the log start is not looked at.</param>
    public static IEnumerable<Violation> Check(LogImage earlier, LogImage later, LogStartRights? rights = null)
    {
        var violations = CheckBatches(earlier, later);
        if (later.IsDeleted)
            return violations;
        violations = violations.Concat(CheckChain(earlier, later)).Concat(CheckLogStart(earlier, later));
        return rights is null || later.StartOffset <= earlier.StartOffset ? violations : violations.Concat(rights.Check(earlier, later));
    }

    /// <summary>The later image with all that ever stood.</summary>
    public static LogImage Join(LogImage earlier, LogImage later)
    {
        if (later.Batches.Count == 0)
            return later with { Batches = earlier.Batches };
        var gone = earlier.Batches.TakeWhile(batch => batch.BaseOffset < later.Batches[0].BaseOffset).ToList();
        return gone.Count == 0 ? later : later with { Batches = [.. gone, .. later.Batches] };
    }

    private static IEnumerable<Violation> CheckBatches(LogImage earlier, LogImage later)
    {
        var partition = later.Partition;
        if (later.Batches.Count == 0)
        {
            // All of it may have been removed; then what comes next still comes behind it.
            if (!later.IsDeleted && earlier.EndOffset > later.EndOffset)
                yield return new Violation("I4", $"{partition}: {earlier.Batches[^1]} stood and was lost, the log now ends at {later.EndOffset}");
            yield break;
        }

        var first = IndexOf(earlier.Batches, later.Batches[0].BaseOffset);
        if (first == earlier.Batches.Count && later.Batches[0].BaseOffset > earlier.EndOffset)
            yield return new Violation("I3", $"{partition}: {later.Batches[0]} stands, nothing was ever seen between it and {earlier.EndOffset}");
        for (var i = first; i < earlier.Batches.Count; i++)
        {
            var before = earlier.Batches[i];
            if (i - first >= later.Batches.Count)
            {
                yield return new Violation("I4", $"{partition}: {before} stood and was lost, the log now ends at {later.EndOffset}");
                break;
            }

            if (!before.IsSame(later.Batches[i - first]))
            {
                yield return new Violation("I3", $"{partition}: {before} was replaced by {later.Batches[i - first]}");
                break;
            }
        }
    }

    /// <summary>The index of the first batch at or above an offset.</summary>
    private static int IndexOf(IReadOnlyList<StoredBatch> batches, long offset)
    {
        var (low, high) = (0, batches.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (batches[middle].BaseOffset < offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private static IEnumerable<Violation> CheckChain(LogImage earlier, LogImage later)
    {
        var rows = later.Chain.ToDictionary(row => row.BaseOffset);
        foreach (var before in earlier.Chain)
        {
            if (!rows.TryGetValue(before.BaseOffset, out var after))
            {
                if (before.EndOffset > later.StartOffset)
                    yield return new Violation("I13", $"{later.Partition}: the segment at {before.BaseOffset} has left the chain, the log starts at {later.StartOffset}");
            }
            else if (before != after && !IsRewritten(before, after) && after != before with { DeadBlob = null, DeadBytes = 0 })
            {
                yield return new Violation("I11", $"{later.Partition}: the chained segment at {before.BaseOffset} was changed from {before} to {after}");
            }
        }
    }

    /// <summary>Another object holds the same segment, and what held it is kept for a while.</summary>
    private static bool IsRewritten(ChainSegmentRow before, ChainSegmentRow after) => !before.IsRewritten && after.IsRewritten
        && after == before with { Blob = after.Blob, Bytes = after.Bytes, FooterBytes = after.FooterBytes, DeadBlob = before.Blob, DeadBytes = before.BlobBytes };

    public static IEnumerable<Violation> CheckLogStart(LogImage earlier, LogImage later)
    {
        if (later.StartOffset < earlier.StartOffset)
            yield return new Violation("I13", $"{later.Partition}: the log start went back from {earlier.StartOffset} to {later.StartOffset}");
        if (later.StartOffset > later.EndOffset)
            yield return new Violation("I13", $"{later.Partition}: the log starts at {later.StartOffset}, beyond its end at {later.EndOffset}");
    }
}

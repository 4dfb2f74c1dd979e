using System.Globalization;
using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.History.Judging;

/// <summary>The figures of a history, as lines to print.</summary>
internal static class HistoryFigures
{
    public static IEnumerable<string> Lines(RecordedHistory history)
    {
        var appends = history.Partitions.SelectMany(static partition => partition.Appends).ToList();
        yield return $"requests   {Count(appends, ProduceOutcome.Acknowledged)} acknowledged, {Count(appends, ProduceOutcome.Unknown)} unknown, "
            + $"{Count(appends, ProduceOutcome.Refused)} failed";
        foreach (var kind in Enum.GetValues<ProducerKind>())
            yield return $"records    {kind.ToString().ToLowerInvariant()}: {Records(history, kind)}";
        foreach (var partition in history.Partitions)
            yield return $"log        {Describe(partition)}";
        foreach (var partition in history.Partitions.Where(static partition => partition.DeleteRetention is not null))
            yield return Compaction(partition);
        var ran = history.Compactions;
        yield return $"compaction {ran.Count:N0} rounds by {ran.Select(static one => one.Instance).Distinct().Count()} instances took {ran.Sum(static one => one.Records):N0} records away"
            + $" in {ran.Sum(static one => one.Objects):N0} new segments";
        var reads = history.Partitions.SelectMany(static partition => partition.Reads).ToList();
        yield return $"reads      {reads.Count(static read => read.IsAnswered):N0} with {reads.Sum(static read => read.Records.Count):N0} records, "
            + $"{reads.Count(static read => !read.IsAnswered):N0} refused";
        foreach (var kind in RecoveryTimes.Of(history).GroupBy(static times => times.Kind).OrderBy(static kind => kind.Key))
            yield return Describe(kind.Key, [.. kind]);
    }

    private static string Count(List<Append> appends, ProduceOutcome outcome) =>
        appends.Count(append => append.Outcome == outcome).ToString("N0", CultureInfo.InvariantCulture);

    private static string Records(RecordedHistory history, ProducerKind kind)
    {
        var (acknowledged, failed, unknown, foundOfUnknown) = (0, 0, 0, 0);
        foreach (var partition in history.Partitions)
        {
            foreach (var label in partition.Appends.Where(append => append.Invoked.Kind == kind).SelectMany(static append => append.Invoked.Values).Distinct())
            {
                var sent = partition.Sent[label];
                if (sent.IsAcknowledged)
                    acknowledged++;
                else if (sent.IsFailed)
                    failed++;
                else if (partition.Places.ContainsKey(label))
                    foundOfUnknown++;
                else
                    unknown++;
            }
        }

        return $"{acknowledged:N0} acknowledged, {failed:N0} failed, {foundOfUnknown + unknown:N0} unknown, of which {foundOfUnknown:N0} were found";
    }

    private static string Describe(PartitionHistory partition)
    {
        var pass = partition.Passes.MaxBy(static pass => pass.LogStart);
        var unseen = partition.Sent.Values.Count(sent => sent.IsAcknowledged && !partition.Places.ContainsKey(sent.Label));
        return $"{partition.Name}: {partition.Places.Count:N0} records found by readers; at the end {pass?.Records.Count:N0}, from offset {pass?.LogStart:N0} on"
            + (partition.MayShrink ? $"; {unseen:N0} acknowledged ones were removed before anybody read them" : "");
    }

    private static string Compaction(PartitionHistory partition)
    {
        var known = partition.Sent.Values.Where(sent => partition.OffsetOf(sent.Label) is not null).ToList();
        var pass = partition.Passes.MaxBy(static pass => pass.EndedAt);
        var left = known.Count(sent => pass?.Records.ContainsKey(partition.OffsetOf(sent.Label)!.Value) ?? false);
        return $"compaction {partition.Name}: of {known.Count:N0} records of {known.Select(static sent => sent.Key).Distinct().Count():N0} keys"
            + $" that were known to stand, {known.Count(static sent => sent.IsTombstone):N0} of them tombstones, {left:N0} stand at the end";
    }

    private static string Describe(FaultKind kind, List<RecoveryTimes> times)
    {
        var alone = times.Where(static time => time.IsAlone).Select(static time => time.Everywhere).ToList();
        return $"faults     {times.Count} {Name(kind)}; writes went on {Seconds(times.Select(static time => time.Anywhere))} after the beginning"
            + $", {(kind is FaultKind.StoragePause or FaultKind.StorageStop ? "in every partition" : "at that instance")} {Seconds(alone)} after the end"
            + $" ({alone.Count} without another fault meanwhile)";
    }

    private static string Name(FaultKind kind) => kind switch
    {
        FaultKind.Kill => "kills",
        FaultKind.Pause => "pauses",
        FaultKind.LongPause => "long pauses of the housekeeper",
        FaultKind.StorageStop => "storage stops",
        FaultKind.StoragePause => "storage pauses",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The median and the largest.</summary>
    private static string Seconds(IEnumerable<TimeSpan?> times)
    {
        var known = times.OfType<TimeSpan>().Order().ToList();
        return known.Count == 0 ? "?" : $"{known[known.Count / 2].TotalSeconds:F2} s (at most {known[^1].TotalSeconds:F2} s)";
    }
}

namespace ManagedLog.Simulation.Judging;

/// <summary>What compaction may make of one batch: fewer records, each as it was, in a batch that is the same in all else (I14).</summary>
internal static class Reduction
{
    /// <summary>Null: the second is what compaction may have left of the first.</summary>
    public static string? FindDefect(StoredBatch original, StoredBatch left)
    {
        var (before, after) = (original.Header, left.Header);
        if ((before.BaseOffset, before.LastOffsetDelta, before.Identity, before.LeaderEpoch, before.TimestampType)
            != (after.BaseOffset, after.LastOffsetDelta, after.Identity, after.LeaderEpoch, after.TimestampType))
            return "is another batch";
        if (left.Records.Count != after.RecordCount)
            return $"holds {left.Records.Count} records and says {after.RecordCount}";
        var records = original.Records.ToDictionary(record => record.Offset);
        foreach (var record in left.Records)
        {
            if (!records.TryGetValue(record.Offset, out var was) || was != record)
                return $"has another record at {record.Offset}";
        }

        return null;
    }
}

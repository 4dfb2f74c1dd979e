namespace ManagedLog.Proof.History.Judging;

/// <summary>The whole partition as one instance showed it at the end of the history.</summary>
/// <param name="BeganAt">What stood before this must be in it.</param>
/// <param name="EndedAt">When its last answer had come.</param>
/// <param name="LogStart">Where it began.</param>
internal sealed record FinalPass(string Name, long BeganAt, long EndedAt, long LogStart, IReadOnlyDictionary<long, string> Records)
{
    /// <summary>Null: the pass did not come to the high watermark, or retention overtook it.</summary>
    public static FinalPass? Of(IReadOnlyList<Read> reads, bool isCompacted)
    {
        var last = reads[^1];
        if (reads.Any(static read => !read.IsAnswered) || last.Records.Count > 0 || reads[0].Completed.LogStart is not { } start)
            return null;
        var records = new Dictionary<long, string>();
        foreach (var record in reads.SelectMany(static read => read.Records))
            records.TryAdd(record.Offset, record.Value);
        // Where records are compacted, the last read may have found that there is nothing left up to the end.
        var end = records.Count == 0 ? start : records.Keys.Max() + 1;
        return last.Completed.HighWatermark is { } highWatermark && (highWatermark == end || (isCompacted && highWatermark > end))
            ? new FinalPass(last.Invoked.Pass!, reads[0].Invoked.At, last.Completed.At, start, records)
            : null;
    }
}

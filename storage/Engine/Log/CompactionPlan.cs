using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Log;

/// <summary>
/// What of a log is to be compacted, and when. Pure; the rules are Kafka's (topic configs min.cleanable.dirty.ratio, min.compaction.lag.ms, max.compaction.lag.ms), decided
/// from sealed segments alone. Times are in ms since 1970, by the storage service's clock.
/// </summary>
/// <param name="From">The first dirty offset: what may hold a later record of a key than the rest of the log knows of.</param>
/// <param name="UpTo">Where what may be compacted ends, exclusive.</param>
/// <param name="LookAt">When there may be more to compact, if nothing is written; <see cref="long.MaxValue"/>: never.</param>
internal sealed record CompactionPlan(long From, long UpTo, bool IsDue, long LookAt)
{
    /// <summary>It goes on with the pass that the head tells of.</summary>
    public bool IsUnderWay { get; private init; }

    public static CompactionPlan Of(SegmentChain chain, TopicConfig config, long now)
    {
        var (start, progress) = (chain.Head.LogStartOffset, chain.Head.Compaction);
        var from = Math.Max(progress.CleanOffset, start);
        if (progress.IsUnderWay && progress.End > from)
            return new CompactionPlan(from, progress.End, true, now) { IsUnderWay = true };
        var (clean, dirty, upTo, oldest, lookAt) = (0L, 0L, from, long.MaxValue, long.MaxValue);
        foreach (var segment in chain.Sealed.Where(segment => segment.EndOffset > start))
        {
            if (segment.EndOffset <= from)
            {
                clean += segment.Bytes;
                continue;
            }

            var mayGoAt = Add(Newest(chain, segment), config.MinCompactionLag);
            if (config.MinCompactionLag > TimeSpan.Zero && mayGoAt > now)
            {
                lookAt = mayGoAt;
                break;
            }

            dirty += segment.Bytes;
            upTo = segment.EndOffset;
            if (segment.Bytes > 0)
                oldest = Math.Min(oldest, segment.CreatedAt > 0 ? segment.CreatedAt : Newest(chain, segment));
        }

        if (dirty == 0)
            return new CompactionPlan(from, upTo, false, lookAt);
        var latest = Add(oldest, config.MaxCompactionLag);
        return new CompactionPlan(from, upTo, dirty > config.MinCleanableDirtyRatio * (clean + dirty) || latest <= now, Math.Min(lookAt, latest));
    }

    /// <summary>When the first tombstones may go; <see cref="long.MaxValue"/>: there are none that were compacted.</summary>
    public static long DeleteHorizon(SegmentChain chain) =>
        chain.Sealed.Where(HasHorizon).Select(segment => segment.DeleteHorizon).DefaultIfEmpty(long.MaxValue).Min();

    /// <summary>There are tombstones in it that may go.</summary>
    public static bool HasExpired(ChainSegmentRow segment, long now) => HasHorizon(segment) && segment.DeleteHorizon <= now;

    private static bool HasHorizon(ChainSegmentRow segment) => segment.DeleteHorizon > 0;

    /// <summary>As retention takes it: records without timestamps are as old as the row.</summary>
    private static long Newest(SegmentChain chain, ChainSegmentRow segment) => segment.MaxTimestamp >= 0 ? segment.MaxTimestamp
        : chain.ChangedAt.TryGetValue(segment.BaseOffset, out var changed) ? changed.ToUnixTimeMilliseconds()
        : segment.CreatedAt;

    private static long Add(long time, TimeSpan span)
    {
        var ms = (long)span.TotalMilliseconds;
        return time > long.MaxValue - ms ? long.MaxValue : time + ms;
    }
}

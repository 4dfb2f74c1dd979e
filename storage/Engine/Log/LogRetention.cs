using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Which of the oldest sealed segments may go, by their age and by the size of all. Never the active one, never one in the middle. Pure; the rules are Kafka's
/// (topic configs retention.ms, retention.bytes, cleanup.policy), except that the active segment does not count towards the size.
/// </summary>
internal static class LogRetention
{
    /// <summary>Where the log may start. Never below where it starts.</summary>
    /// <param name="now">By the storage service's clock.</param>
    public static long LogStart(SegmentChain chain, TopicConfig config, DateTimeOffset now)
    {
        var start = chain.Head.LogStartOffset;
        if (!config.DeletesOldRecords)
            return start;
        var bytes = chain.Sealed.Where(segment => segment.EndOffset > start).Sum(segment => segment.Bytes);
        foreach (var segment in chain.Sealed)
        {
            if (segment.EndOffset <= start)
                continue;
            var isOld = config.RetentionAge is not null && ExpiresAt(chain, segment, config) <= now.ToUnixTimeMilliseconds();
            var isTooMuch = config.RetentionBytes is { } limit && bytes - segment.Bytes >= limit;
            if (!isOld && !isTooMuch)
                break;
            bytes -= segment.Bytes;
            start = segment.EndOffset;
        }

        return start;
    }

    /// <summary>When a segment may go for its age, in ms since 1970; <see cref="long.MaxValue"/>: never.</summary>
    public static long ExpiresAt(SegmentChain chain, ChainSegmentRow segment, TopicConfig config)
    {
        if (segment.MaxTimestamp >= 0)
            return ExpiresAt(segment.MaxTimestamp, config);
        return chain.ChangedAt.TryGetValue(segment.BaseOffset, out var changed) ? ExpiresAt(changed.ToUnixTimeMilliseconds(), config) : long.MaxValue;
    }

    /// <summary>When what is as old as this may go for its age.</summary>
    public static long ExpiresAt(long newestTimestamp, TopicConfig config)
    {
        if (!config.DeletesOldRecords || config.RetentionAge is not { } age)
            return long.MaxValue;
        var ms = (long)age.TotalMilliseconds + 1;
        return newestTimestamp > long.MaxValue - ms ? long.MaxValue : newestTimestamp + ms;
    }
}

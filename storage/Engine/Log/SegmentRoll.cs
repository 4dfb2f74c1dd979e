using ManagedLog.Engine.Metadata;

namespace ManagedLog.Engine.Log;

/// <summary>When a segment has had enough. Pure.</summary>
internal static class SegmentRoll
{
    /// <summary>By size, by age, or by the blocks that this instance counted. Never while it is empty: that would only exchange one empty segment for another.</summary>
    public static bool IsDue(ActiveSegment active, TopicConfig config, int maxBlocks, DateTimeOffset now) =>
        !active.IsEmpty
        && (active.Position >= config.SegmentBytes
            || active.OwnBlocks >= maxBlocks
            || now.ToUnixTimeMilliseconds() - active.CreatedAt >= config.SegmentAge.TotalMilliseconds);
}

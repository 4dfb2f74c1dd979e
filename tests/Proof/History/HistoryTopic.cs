using System.Globalization;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.History;

/// <summary>The topics of a history: one that only grows, one whose segments are small and young and soon rewritten, one that is also removed from, and a compacted one.</summary>
internal sealed record HistoryTopic(string Name, int Partitions, bool MayShrink, IReadOnlyList<TopicSetting> Configs)
{
    private static readonly TopicSetting s_keepForEver = new("retention.ms", "-1");

    /// <summary>Null: it is not compacted.</summary>
    public long? DeleteRetentionMs { get; init; }

    public static IReadOnlyList<HistoryTopic> All { get; } =
    [
        new("growing", 1, MayShrink: false, [s_keepForEver]),
        new("rolling", 2, MayShrink: false, [s_keepForEver, new("segment.bytes", "20000"), new("segment.ms", "2000")]),
        new("shrinking", 1, MayShrink: true, [new("retention.bytes", "60000"), new("retention.ms", "6000"), new("segment.bytes", "16384"), new("segment.ms", "1500")]),
        Compacted("compacted", 10_000),
    ];

    /// <summary>Almost any dirty byte is reason enough for a pass, so that there are passes in every second tick or so.</summary>
    private static HistoryTopic Compacted(string name, long deleteRetentionMs) => new(
        name,
        Partitions: 1,
        MayShrink: false,
        [
            new("cleanup.policy", "compact"), new("min.cleanable.dirty.ratio", "0.01"), new("segment.bytes", "16384"), new("segment.ms", "1500"),
            new("delete.retention.ms", deleteRetentionMs.ToString(CultureInfo.InvariantCulture)),
        ])
    {
        DeleteRetentionMs = deleteRetentionMs,
    };
}

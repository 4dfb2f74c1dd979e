using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.History;

/// <summary>The topics of a history: one that only grows, one whose segments are small and young and soon rewritten, and one that is also removed from.</summary>
internal sealed record HistoryTopic(string Name, int Partitions, bool MayShrink, IReadOnlyList<TopicSetting> Configs)
{
    private static readonly TopicSetting s_keepForEver = new("retention.ms", "-1");

    public static IReadOnlyList<HistoryTopic> All { get; } =
    [
        new("growing", 1, MayShrink: false, [s_keepForEver]),
        new("rolling", 2, MayShrink: false, [s_keepForEver, new("segment.bytes", "20000"), new("segment.ms", "2000")]),
        new("shrinking", 1, MayShrink: true, [new("retention.bytes", "60000"), new("retention.ms", "6000"), new("segment.bytes", "16384"), new("segment.ms", "1500")]),
    ];
}

using System.Globalization;

namespace ManagedLog.Engine.Metadata;

/// <summary>All configs that a topic can have, by name. Names and meanings are Kafka's (kafka.apache.org/documentation/#topicconfigs) except <c>linger.ms</c>, which is ours.</summary>
internal static class TopicConfigDefinitions
{
    public const string CleanupPolicy = "cleanup.policy";
    public const string CompressionType = "compression.type";
    public const string DeleteRetentionMs = "delete.retention.ms";
    public const string LingerMs = "linger.ms";
    public const string MaxCompactionLagMs = "max.compaction.lag.ms";
    public const string MaxMessageBytes = "max.message.bytes";
    public const string MessageTimestampAfterMaxMs = "message.timestamp.after.max.ms";
    public const string MessageTimestampType = "message.timestamp.type";
    public const string MinCleanableDirtyRatio = "min.cleanable.dirty.ratio";
    public const string MinCompactionLagMs = "min.compaction.lag.ms";
    public const string MinInSyncReplicas = "min.insync.replicas";
    public const string RetentionBytes = "retention.bytes";
    public const string RetentionMs = "retention.ms";
    public const string SegmentBytes = "segment.bytes";
    public const string SegmentMs = "segment.ms";

    /// <summary>Of compression.type: batches stay as they were sent.</summary>
    internal const string ProducersCodec = "producer";

    /// <summary>Of compression.type: batches are decompressed. The other words are names of <see cref="Protocol.Records.CompressionCodec"/>.</summary>
    internal const string NoCodec = "uncompressed";

    public static IReadOnlyList<TopicConfigDefinition> All { get; } =
    [
        new(CleanupPolicy, TopicConfigType.WordList, "delete", "delete, compact, or compact,delete",
            "What happens to old records: delete removes what retention allows to remove; compact keeps the last record of each key; with both, retention removes of that too.")
        {
            Normalize = Policies,
        },
        Choice(CompressionType,
            "How batches are stored: compressed as their producer sent them (producer), or with this codec, whatever they were sent with. What a codec would not make smaller is stored uncompressed.",
            ProducersCodec, NoCodec, "gzip", "snappy", "lz4", "zstd"),
        Number(DeleteRetentionMs, 86_400_000, 0, long.MaxValue,
            "How long a record without a value (a tombstone) is kept after compaction has first gone over it, in milliseconds: time for readers to learn that the key is gone."),
        Number(LingerMs, 5, 0, 10_000,
            "The least time between the beginnings of two appends of one instance to one partition, in milliseconds: what comes meanwhile goes in one append. "
            + "The first append after a pause goes at once. Where an append takes longer than this, those who were just answered are given up to this time, and at most half an append, to send again. "
            + "Larger costs less and waits longer."),
        Number(MaxCompactionLagMs, long.MaxValue, 1, long.MaxValue,
            "How long after its append a record may stay out of compaction's reach, in milliseconds: segments are rolled at this age, and compacted whatever part of the log is "
            + "dirty. Only with cleanup.policy compact. Not below min.compaction.lag.ms."),
        Number(MaxMessageBytes, 1024 * 1024, 128, 32 * 1024 * 1024, "The largest record batch, as it is sent and as it is stored, in bytes."),
        Number(MessageTimestampAfterMaxMs, 3_600_000, 0, long.MaxValue,
            "How far a record's timestamp may lie ahead of the service's clock, in milliseconds; later ones are refused. Not with message.timestamp.type=LogAppendTime."),
        Choice(MessageTimestampType,
            "Whether records keep the timestamp that their producer gave them (CreateTime) or get the time of their append (LogAppendTime).", "CreateTime", "LogAppendTime"),
        new(MinCleanableDirtyRatio, TopicConfigType.Fraction, "0.5", "a number from 0 to 1",
            "The part of a log's sealed segments, in bytes, that must be exceeded by what was written since they were last compacted before they are compacted again.")
        {
            Normalize = Ratio,
        },
        Number(MinCompactionLagMs, 0, 0, long.MaxValue, "How old the newest record of a segment must be before the segment is compacted, in milliseconds."),
        Number(MinInSyncReplicas, 1, 1, int.MaxValue,
            "How many replicas must be in sync before acks=all may append. At most the replication factor, which is 1 today."),
        Number(RetentionBytes, -1, -1, long.MaxValue, "How large the sealed segments of a partition may grow before the oldest are removed, in bytes; -1 is no limit."),
        Number(RetentionMs, 604_800_000, -1, long.MaxValue, "How old the newest record of a segment may grow before the segment is removed, in milliseconds; -1 is no limit."),
        Number(SegmentBytes, 1024 * 1024 * 1024, 16 * 1024, int.MaxValue, "A segment is rolled once it has grown to this, in bytes."),
        Number(SegmentMs, 604_800_000, 1, long.MaxValue, "A segment is rolled at this age, in milliseconds: at the next append, or by the housekeeping."),
    ];

    private static readonly Dictionary<string, TopicConfigDefinition> ByName = All.ToDictionary(definition => definition.Name, StringComparer.Ordinal);

    public static TopicConfigDefinition? Find(string name) => ByName.GetValueOrDefault(name);

    private static TopicConfigDefinition Number(string name, long byDefault, long least, long most, string documentation) =>
        new(name, TopicConfigType.WholeNumber, Text(byDefault), $"a whole number from {Text(least)} to {Text(most)}", documentation)
        {
            Normalize = text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? Text(number)
                : null,
        };

    private static TopicConfigDefinition Choice(string name, string documentation, params string[] words) =>
        new(name, TopicConfigType.Word, words[0], $"{string.Join(", ", words[..^1])} or {words[^1]}", documentation) { Normalize = text => words.Contains(text) ? text : null };

    private static string? Policies(string text)
    {
        var words = text.Split(',', StringSplitOptions.TrimEntries);
        var delete = words.Contains("delete");
        var compact = words.Contains("compact");
        if (!words.All(word => word is "delete" or "compact"))
            return null;
        return delete && compact ? "compact,delete" : text.Length == 0 ? null : words[0];
    }

    private static string? Ratio(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1
            ? ratio.ToString(CultureInfo.InvariantCulture)
            : null;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

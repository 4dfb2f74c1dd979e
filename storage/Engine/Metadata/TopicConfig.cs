using System.Globalization;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// A topic's configuration: what was set for it, over what was set for all topics, over the built-in defaults. Names and values are Kafka's. Immutable; equal when the same
/// is set. What is set for all topics is one too, over the built-in defaults alone.
/// </summary>
public sealed class TopicConfig : IEquatable<TopicConfig>
{
    /// <summary>Ages are compared with dates, so even "never" has to be a span that can be added to one.</summary>
    private static readonly TimeSpan LongestAge = TimeSpan.FromDays(36_500);

    private static readonly SortedDictionary<string, string> s_none = new(StringComparer.Ordinal);

    private readonly SortedDictionary<string, string> _overrides;
    private readonly SortedDictionary<string, string> _defaults;

    /// <summary>Throws <see cref="ArgumentException"/> for what <see cref="Create"/> refuses.</summary>
    public TopicConfig(IReadOnlyDictionary<string, string> overrides)
        : this(NormalizeOrThrow(overrides), s_none)
    {
    }

    private TopicConfig(SortedDictionary<string, string> overrides, SortedDictionary<string, string> defaults)
    {
        _overrides = overrides;
        _defaults = defaults;
        MaxMessageBytes = (int)Number(TopicConfigDefinitions.MaxMessageBytes);
        SegmentBytes = Number(TopicConfigDefinitions.SegmentBytes);
        Compacts = Value(TopicConfigDefinitions.CleanupPolicy).Contains("compact", StringComparison.Ordinal);
        DeleteRetention = Span(TopicConfigDefinitions.DeleteRetentionMs);
        MinCleanableDirtyRatio = double.Parse(Value(TopicConfigDefinitions.MinCleanableDirtyRatio), CultureInfo.InvariantCulture);
        MinCompactionLag = Span(TopicConfigDefinitions.MinCompactionLagMs);
        MaxCompactionLag = Span(TopicConfigDefinitions.MaxCompactionLagMs);
        // Only where a default was set that contradicts what a topic has: what may not be compacted yet is not.
        if (MaxCompactionLag < MinCompactionLag)
            MaxCompactionLag = MinCompactionLag;
        SegmentAge = Span(TopicConfigDefinitions.SegmentMs);
        if (Compacts && MaxCompactionLag < SegmentAge)
            SegmentAge = MaxCompactionLag;
        Linger = TimeSpan.FromMilliseconds(Number(TopicConfigDefinitions.LingerMs));
        MaxTimestampAhead = Span(TopicConfigDefinitions.MessageTimestampAfterMaxMs);
        MinInSyncReplicas = (int)Number(TopicConfigDefinitions.MinInSyncReplicas);
        DeletesOldRecords = Value(TopicConfigDefinitions.CleanupPolicy).Contains("delete", StringComparison.Ordinal);
        RetentionAge = Number(TopicConfigDefinitions.RetentionMs) is >= 0 and var ms ? TimeSpan.FromMilliseconds(Math.Min(ms, (long)LongestAge.TotalMilliseconds)) : null;
        RetentionBytes = Number(TopicConfigDefinitions.RetentionBytes) is >= 0 and var bytes ? bytes : null;
        StoredCodec = Value(TopicConfigDefinitions.CompressionType) switch
        {
            TopicConfigDefinitions.ProducersCodec => null,
            TopicConfigDefinitions.NoCodec => CompressionCodec.None,
            var name => Enum.Parse<CompressionCodec>(name, ignoreCase: true),
        };
        TimestampType = Enum.Parse<TimestampType>(Value(TopicConfigDefinitions.MessageTimestampType));
    }

    public static TopicConfig Default { get; } = new(s_none, s_none);

    /// <summary>Only what was set, by name in ordinal order. Values are as they are stored (without blanks around them, numbers without leading zeros).</summary>
    public IReadOnlyDictionary<string, string> Overrides => _overrides;

    /// <summary>Largest record batch, in bytes: at most 32 MiB.</summary>
    public int MaxMessageBytes { get; }

    /// <summary>A segment is rolled when it has grown to this, in bytes.</summary>
    public long SegmentBytes { get; }

    /// <summary>
    /// A segment is rolled at this age, at the next append or by the housekeeping: at most a hundred years, whatever was set. Where the topic is compacted, no later than
    /// <see cref="MaxCompactionLag"/>.
    /// </summary>
    public TimeSpan SegmentAge { get; }

    /// <summary>The least time between the beginnings of two appends of one instance to one partition; what comes meanwhile goes in one block.</summary>
    public TimeSpan Linger { get; }

    /// <summary>How far a record's own timestamp may lie in the future (KIP-937): one that lies far ahead would make the log forget producers, and keep segments, by a wrong clock.</summary>
    public TimeSpan MaxTimestampAhead { get; }

    /// <summary>Replicas that must be in sync before an append with acks=all.</summary>
    public int MinInSyncReplicas { get; }

    /// <summary>Its cleanup policy holds <c>delete</c>: retention removes old segments.</summary>
    public bool DeletesOldRecords { get; }

    /// <summary>Its cleanup policy holds <c>compact</c>: the last record of each key is kept, and every record must have one.</summary>
    public bool Compacts { get; }

    /// <summary>How long a tombstone is kept after it was first compacted. At most a hundred years, as the next two.</summary>
    public TimeSpan DeleteRetention { get; }

    /// <summary>A segment whose newest record is younger is not compacted.</summary>
    public TimeSpan MinCompactionLag { get; }

    /// <summary>A record is compacted when it was appended so long ago, however little there is to compact.</summary>
    public TimeSpan MaxCompactionLag { get; }

    /// <summary>Compacted is when more than this part of the sealed bytes was not compacted yet.</summary>
    public double MinCleanableDirtyRatio { get; }

    /// <summary>A sealed segment whose newest record is older is removed; null: never for its age. At most a hundred years, whatever was set.</summary>
    public TimeSpan? RetentionAge { get; }

    /// <summary>The oldest sealed segments are removed as long as the others hold at least this many bytes; null: no limit.</summary>
    public long? RetentionBytes { get; }

    public TimestampType TimestampType { get; }

    /// <summary>How batches are stored, whatever they are sent with; null: as they are sent.</summary>
    public CompressionCodec? StoredCodec { get; }

    /// <summary>Every config there is, with its value for this topic, by name.</summary>
    public IReadOnlyList<TopicConfigEntry> Entries =>
        [.. TopicConfigDefinitions.All.Select(definition => new TopicConfigEntry(
            definition.Name, definition.Type, Value(definition.Name), !_overrides.ContainsKey(definition.Name), definition.Default, definition.Documentation,
            ClusterDefault: _defaults.GetValueOrDefault(definition.Name)))];

    /// <summary>From what was asked for; null leaves the default. Refuses with INVALID_CONFIG, naming the config and what is allowed.</summary>
    public static Result<TopicConfig> Create(IReadOnlyDictionary<string, string?> settings) => Default.With(settings);

    /// <summary>As it was stored: two configs that belong together are not judged, because what they were judged with, a default of all topics, may have changed since.</summary>
    internal static Result<TopicConfig> Restore(IReadOnlyDictionary<string, string?> settings)
    {
        var normal = new SortedDictionary<string, string>(StringComparer.Ordinal);
        return Normalize(settings, normal) is { } defect ? new Refusal(ErrorCode.InvalidConfig, defect) : new TopicConfig(normal, s_none);
    }

    /// <summary>The same settings over other defaults; itself if they are the same object.</summary>
    /// <param name="defaults">What was set for all topics.</param>
    public TopicConfig Over(TopicConfig defaults) => ReferenceEquals(_defaults, defaults._overrides) ? this : new TopicConfig(_overrides, defaults._overrides);

    /// <summary>This configuration, over the same defaults, with some of it changed: a value is set, null takes what was set back. Refuses with INVALID_CONFIG, naming the config and what is allowed.</summary>
    public Result<TopicConfig> With(IReadOnlyDictionary<string, string?> changes)
    {
        var normal = new SortedDictionary<string, string>(_overrides, StringComparer.Ordinal);
        foreach (var (name, _) in changes)
            normal.Remove(name);
        var defect = Normalize(changes, normal);
        if (defect is null && (changes.ContainsKey(TopicConfigDefinitions.MinCompactionLagMs) || changes.ContainsKey(TopicConfigDefinitions.MaxCompactionLagMs)))
            defect = FindContradiction(normal, _defaults);
        return defect is not null ? new Refusal(ErrorCode.InvalidConfig, defect) : new TopicConfig(normal, _defaults);
    }

    /// <summary>Whether the same becomes due at the same time under both: nothing of what retention, rolling by age and compaction go by differs.</summary>
    public bool AgesLike(TopicConfig other) =>
        (DeletesOldRecords, RetentionAge, RetentionBytes, SegmentAge) == (other.DeletesOldRecords, other.RetentionAge, other.RetentionBytes, other.SegmentAge)
        && (Compacts, DeleteRetention, MinCompactionLag, MaxCompactionLag) == (other.Compacts, other.DeleteRetention, other.MinCompactionLag, other.MaxCompactionLag)
        && MinCleanableDirtyRatio.Equals(other.MinCleanableDirtyRatio);

    public bool Equals(TopicConfig? other) => other is not null && _overrides.SequenceEqual(other._overrides) && _defaults.SequenceEqual(other._defaults);

    public override bool Equals(object? obj) => Equals(obj as TopicConfig);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var (name, value) in _overrides)
            hash.Add(HashCode.Combine(name, value));
        return hash.ToHashCode();
    }

    public override string ToString() => string.Join(", ", _overrides.Select(pair => $"{pair.Key}={pair.Value}"));

    private static SortedDictionary<string, string> NormalizeOrThrow(IReadOnlyDictionary<string, string> overrides)
    {
        var normal = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var settings = overrides.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value));
        return (Normalize(settings, normal) ?? FindContradiction(normal, s_none)) is { } defect ? throw new ArgumentException(defect, nameof(overrides)) : normal;
    }

    /// <summary>What is wrong with the first setting that is wrong; null when all of them stand in <paramref name="normal"/>.</summary>
    private static string? Normalize(IEnumerable<KeyValuePair<string, string?>> settings, SortedDictionary<string, string> normal)
    {
        foreach (var (name, text) in settings)
        {
            if (TopicConfigDefinitions.Find(name) is not { } definition)
                return $"There is no topic config '{Shown(name)}'. The configs are {string.Join(", ", TopicConfigDefinitions.All.Select(known => known.Name))}.";
            if (text is null)
                continue;
            if (!definition.TryNormalize(text, out var value))
                return $"{name} must be {definition.Allowed}; it was '{Shown(text)}'.";
            normal[name] = value;
        }

        return null;
    }

    /// <summary>What is wrong with two configs that belong together; null: nothing.</summary>
    private static string? FindContradiction(SortedDictionary<string, string> overrides, SortedDictionary<string, string> defaults)
    {
        const string min = TopicConfigDefinitions.MinCompactionLagMs;
        const string max = TopicConfigDefinitions.MaxCompactionLagMs;
        return Lag(min) > Lag(max) ? $"{min} must not be greater than {max}; they were {Lag(min)} and {Lag(max)}." : null;

        long Lag(string name) => long.Parse(Value(name, overrides, defaults), CultureInfo.InvariantCulture);
    }

    private static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "…";

    /// <summary>The one place that says which value holds.</summary>
    private static string Value(string name, SortedDictionary<string, string> overrides, SortedDictionary<string, string> defaults) =>
        overrides.TryGetValue(name, out var value) || defaults.TryGetValue(name, out value) ? value : TopicConfigDefinitions.Find(name)!.Default;

    private string Value(string name) => Value(name, _overrides, _defaults);

    private TimeSpan Span(string name) => TimeSpan.FromMilliseconds(Math.Min(Number(name), (long)LongestAge.TotalMilliseconds));

    private long Number(string name) => long.Parse(Value(name), CultureInfo.InvariantCulture);
}

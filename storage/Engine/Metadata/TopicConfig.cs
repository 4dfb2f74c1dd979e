using System.Globalization;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Metadata;

/// <summary>A topic's configuration: what was set, over the defaults. Names and values are Kafka's.</summary>
public sealed class TopicConfig
{
    public const string MaxMessageBytesName = "max.message.bytes";

    public static TopicConfig Default { get; } = new(new Dictionary<string, string>());

    public TopicConfig(IReadOnlyDictionary<string, string> overrides) => Overrides = overrides;

    /// <summary>Only what differs from the defaults by being set.</summary>
    public IReadOnlyDictionary<string, string> Overrides { get; }

    /// <summary>Largest record batch, in bytes.</summary>
    public int MaxMessageBytes => (int)Number(MaxMessageBytesName, 1024 * 1024);

    /// <summary>A segment is rolled when it has grown beyond this, in bytes.</summary>
    public long SegmentBytes => Number("segment.bytes", 1024L * 1024 * 1024);

    /// <summary>A segment is rolled at the first append after this age.</summary>
    public TimeSpan SegmentAge => TimeSpan.FromMilliseconds(Number("segment.ms", 7L * 24 * 3600 * 1000));

    /// <summary>The least time between the beginnings of two appends of one instance to one partition; what comes meanwhile goes in one block.</summary>
    public TimeSpan Linger => TimeSpan.FromMilliseconds(Number("linger.ms", 5));

    public TimestampType TimestampType =>
        Overrides.TryGetValue("message.timestamp.type", out var type) && type == "LogAppendTime" ? TimestampType.LogAppendTime : TimestampType.CreateTime;

    private long Number(string name, long otherwise) => Overrides.TryGetValue(name, out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}

using System.Diagnostics.Metrics;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>What is measured of the log itself: group commits, fetches, the read cache. Names and tags are in docs/operating.md. Recording allocates nothing.</summary>
internal sealed class LogMeter
{
    public const string ReasonTag = "managedlog.append.reason";
    public const string ResultTag = "managedlog.read_cache.result";

    private static readonly double[] s_seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    private static readonly long[] s_counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
    private static readonly long[] s_bytes = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 19, 1 << 20, 1 << 22, 1 << 24];

    private readonly TopicTags _topics;
    private readonly Histogram<long> _requests;
    private readonly Histogram<long> _records;
    private readonly Histogram<long> _bytes;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _fetchedBytes;
    private readonly Counter<long> _fetches;
    private readonly Counter<long> _waits;
    private readonly Counter<long> _cache;
    private readonly UpDownCounter<long> _waiting;

    public LogMeter(Meter meter, TopicTags topics)
    {
        _topics = topics;
        _requests = Histogram(meter, "managedlog.append.requests", "{request}", "Produce requests in one append.", s_counts);
        _records = Histogram(meter, "managedlog.append.records", "{record}", "Records in one append.", s_counts);
        _bytes = Histogram(meter, "managedlog.append.size", "By", "Bytes of one append.", s_bytes);
        _duration = Histogram(meter, "managedlog.append.duration", "s", "From a request's arrival at the partition to its answer.", s_seconds);
        _retries = meter.CreateCounter<long>("managedlog.append.retries", "{append}", "Appends that did not succeed and were settled or made again.");
        _fetches = meter.CreateCounter<long>("managedlog.fetch.requests", "{request}", "Fetches that were answered with records or without.");
        _fetchedBytes = meter.CreateCounter<long>("managedlog.fetch.io", "By", "Bytes of the batches that fetches were answered with.");
        _waits = meter.CreateCounter<long>("managedlog.fetch.waits", "{request}", "Fetches that waited at the end of a partition.");
        _waiting = meter.CreateUpDownCounter<long>("managedlog.fetch.waiting", "{request}", "Fetches that wait at the end of a partition now.");
        _cache = meter.CreateCounter<long>("managedlog.read_cache.requests", "{request}", "Looks into the read cache.");
    }

    /// <summary>This instance serves the topic: it is measured under its name, if not too many are.</summary>
    public void Learn(Topic topic) => _topics.Learn(topic);

    /// <summary>One append has succeeded.</summary>
    public void Appended(TopicId topic, int requests, long records, int bytes)
    {
        var tag = Tag(topic);
        _requests.Record(requests, tag);
        _records.Record(records, tag);
        _bytes.Record(bytes, tag);
    }

    /// <summary>One append was refused or got no answer; <paramref name="reason"/> is one of a few.</summary>
    public void AppendFailed(TopicId topic, string reason) => _retries.Add(1, Tag(topic), new KeyValuePair<string, object?>(ReasonTag, reason));

    /// <summary>A produce request was answered.</summary>
    public void Answered(TopicId topic, TimeSpan after) => _duration.Record(after.TotalSeconds, Tag(topic));

    public void Fetched(TopicId topic, IReadOnlyList<ReadOnlyMemory<byte>> batches)
    {
        var bytes = 0L;
        for (var i = 0; i < batches.Count; i++)
            bytes += batches[i].Length;
        _fetches.Add(1, Tag(topic));
        _fetchedBytes.Add(bytes, Tag(topic));
    }

    public void WaitBegins(TopicId topic)
    {
        _waits.Add(1, Tag(topic));
        _waiting.Add(1, Tag(topic));
    }

    public void WaitEnds(TopicId topic) => _waiting.Add(-1, Tag(topic));

    public void CacheHit() => _cache.Add(1, new KeyValuePair<string, object?>(ResultTag, "hit"));

    public void CacheMiss() => _cache.Add(1, new KeyValuePair<string, object?>(ResultTag, "miss"));

    private KeyValuePair<string, object?> Tag(TopicId topic) => new(StorageMeter.TopicTag, _topics.NameOf(topic));

    private static Histogram<T> Histogram<T>(Meter meter, string name, string unit, string description, IReadOnlyList<T> boundaries)
        where T : struct => meter.CreateHistogram(name, unit, description, null, new InstrumentAdvice<T> { HistogramBucketBoundaries = boundaries });
}

using System.Globalization;
using ManagedLog.Engine.Metadata;

namespace ManagedLog.Functions.Limits;

/// <summary>
/// What bounds the memory of an instance, and what one caller can have of it: section <c>ManagedLog:Limits</c>. Everything here is counted by each instance for itself. A quota of
/// 0 is none.
/// </summary>
internal sealed class LimitOptions
{
    /// <summary>Connections at once; more are closed as they come.</summary>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Requests at once, without those that may wait.</summary>
    public int MaxRequests { get; set; } = 2_000;

    public int MaxRequestsPerCaller { get; set; } = 1_000;

    /// <summary>Fetches and streams at once, in either direction: requests that may take long without doing anything.</summary>
    public int MaxWaiting { get; set; } = 4_000;

    public int MaxWaitingPerCaller { get; set; } = 2_000;

    /// <summary>Of bodies, all requests together, as they came, from the first byte until the answer.</summary>
    public long MaxBodyBytes { get; set; } = 128L * 1024 * 1024;

    public long MaxBodyBytesPerCaller { get; set; } = 64L * 1024 * 1024;

    /// <summary>Of batches that were read for answers, all requests together, and of what they expand to. Where it gets short, answers get shorter; where it is used up, fetches are refused and streams pause.</summary>
    public long MaxAnswerBytes { get; set; } = 128L * 1024 * 1024;

    public long MaxAnswerBytesPerCaller { get; set; } = 64L * 1024 * 1024;

    /// <summary>A client that sends or takes less, on average and after <see cref="Grace"/>, is cut off. Does not hold for a stream of produces without a length, which may be quiet.</summary>
    public int MinBytesPerSecond { get; set; } = 16 * 1024;

    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>For a request's line and headers.</summary>
    public TimeSpan HeaderTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>From the first byte of a record in a stream of produces to its last.</summary>
    public TimeSpan RecordTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Method, path and query.</summary>
    public int MaxRequestLineBytes { get; set; } = 8 * 1024;

    public int MaxHeaders { get; set; } = 100;

    public int MaxHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Partitions of a topic, where it is created or grows over the interface.</summary>
    public int MaxPartitionsPerTopic { get; set; } = NewTopicRules.MaxPartitions;

    /// <summary>Topics of the cluster, where one is created over the interface.</summary>
    public int MaxTopics { get; set; } = 10_000;

    /// <summary>Quotas of a caller that has none of its own.</summary>
    public double RequestsPerSecond { get; set; }

    public double BytesInPerSecond { get; set; }

    public double BytesOutPerSecond { get; set; }

    public CallerQuota DefaultQuota => new(RequestsPerSecond, BytesInPerSecond, BytesOutPerSecond);

    /// <summary>Null, or what is wrong.</summary>
    /// <param name="largestBody">That may be sent at all.</param>
    public string? FindDefect(int largestBody)
    {
        var ranges = new (string Name, long Value, long Least, long Most)[]
        {
            (nameof(MaxConnections), MaxConnections, 1, int.MaxValue),
            (nameof(MaxRequests), MaxRequests, 1, int.MaxValue),
            (nameof(MaxRequestsPerCaller), MaxRequestsPerCaller, 1, int.MaxValue),
            (nameof(MaxWaiting), MaxWaiting, 1, int.MaxValue),
            (nameof(MaxWaitingPerCaller), MaxWaitingPerCaller, 1, int.MaxValue),
            // A body for which there never is room could be sent again for ever.
            (nameof(MaxBodyBytes), MaxBodyBytes, largestBody, long.MaxValue / 2),
            (nameof(MaxBodyBytesPerCaller), MaxBodyBytesPerCaller, largestBody, long.MaxValue / 2),
            (nameof(MaxAnswerBytes), MaxAnswerBytes, 1, long.MaxValue / 2),
            (nameof(MaxAnswerBytesPerCaller), MaxAnswerBytesPerCaller, 1, long.MaxValue / 2),
            (nameof(MinBytesPerSecond), MinBytesPerSecond, 1, int.MaxValue),
            (nameof(MaxRequestLineBytes), MaxRequestLineBytes, 1024, MaxRequestBuffer),
            (nameof(MaxHeaders), MaxHeaders, 1, int.MaxValue),
            (nameof(MaxHeaderBytes), MaxHeaderBytes, 1024, MaxRequestBuffer),
            (nameof(MaxPartitionsPerTopic), MaxPartitionsPerTopic, 1, NewTopicRules.MaxPartitions),
            (nameof(MaxTopics), MaxTopics, 1, int.MaxValue),
        };
        foreach (var (name, value, least, most) in ranges)
        {
            if (value < least || value > most)
                return string.Create(CultureInfo.InvariantCulture, $"ManagedLog:Limits:{name} must be from {least} to {most}.");
        }

        var times = new (string Name, TimeSpan Value)[]
        {
            (nameof(Grace), Grace), (nameof(HeaderTimeout), HeaderTimeout), (nameof(RecordTimeout), RecordTimeout),
        };
        if (times.FirstOrDefault(time => time.Value < LeastTime || time.Value > MostTime) is { Name: { } of })
            return $"ManagedLog:Limits:{of} must be from 2 seconds to 24 days.";
        return new[] { RequestsPerSecond, BytesInPerSecond, BytesOutPerSecond }.All(static rate => double.IsFinite(rate) && rate >= 0)
            ? null
            : "ManagedLog:Limits:RequestsPerSecond, BytesInPerSecond and BytesOutPerSecond must not be negative; 0 is no quota.";
    }

    /// <summary>What the server reads of a connection before anybody asks for it, in bytes.</summary>
    public const int MaxRequestBuffer = 128 * 1024;

    /// <summary>The server looks at its times once a second.</summary>
    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MostTime = TimeSpan.FromDays(24);
}

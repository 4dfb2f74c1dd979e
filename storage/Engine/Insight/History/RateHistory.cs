using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Insight;

/// <summary>Answers what was done to a topic, or to all of them, in steps of time, and how much lately.</summary>
internal sealed class RateHistory(PartitionContext context, ReportReader reports, PartitionLook look)
{
    /// <summary>After this time one call reads no further than the step that it is in.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromMilliseconds(1_500);

    /// <summary>How long an answer about the last hour is good for everybody.</summary>
    public static readonly TimeSpan RecentMaxAge = TimeSpan.FromSeconds(30);

    /// <summary>How long before the time that is asked for reports are looked at, for what groups had committed and where logs ended when it began.</summary>
    public static readonly TimeSpan LagLookback = TimeSpan.FromHours(1);

    public static readonly TimeSpan RateWindow = TimeSpan.FromMinutes(5);

    public static readonly TimeSpan CostWindow = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private Task<Result<RecentActivity?>>? _recent;
    private long _recentAt;

    public async ValueTask<Result<HistoryResult>> ReadAsync(Topic? topic, HistoryRequest request)
    {
        var startedAt = context.Time.GetTimestamp();
        var count = (int)Math.Clamp((request.To - request.From + request.Step - 1) / request.Step, 1, HistoryRequest.MaxPoints);
        var series = new HistorySeries(request.From, request.Step, count);
        var lags = topic is null ? null : new LagSeries(request.From, request.Step, count);
        var read = await reports.ReadAsync(
            topic is null ? request.From : Math.Max(0, request.From - (long)LagLookback.TotalMilliseconds),
            request.To,
            topic?.Name,
            report =>
            {
                // Of a topic that was deleted and made again only what belongs to this one.
                if (topic is not null && report.Topic != topic.Id)
                    return;
                series.Add(report);
                lags?.Add(report);
            },
            certain => context.Time.GetElapsedTime(startedAt) >= MaxDuration && certain >= request.From + request.Step);
        if (read.IsRefused)
            return read.Refusal;
        var steps = read.Value is { } certain && certain < request.To ? (int)((certain - request.From) / request.Step) : count;
        var now = topic is null
            ? null
            : (await look.TopicsAsync([topic]))[0].Partitions.Where(partition => partition.Stopped is null).ToDictionary(partition => partition.Partition, partition => partition.Bytes);
        var points = series.Points(steps, now);
        if (lags is not null)
            points = [.. points.Zip(lags.Points(steps), static (point, behind) => point with { Lags = behind })];
        return new HistoryResult(points, Math.Min(request.To, request.From + (steps * request.Step)), read.Value is not null);
    }

    /// <summary>Of the last hour, at most <see cref="RecentMaxAge"/> old; null: there is no history.</summary>
    public async ValueTask<Result<RecentActivity?>> RecentAsync()
    {
        if (context.Options.HistoryInterval <= TimeSpan.Zero)
            return default(RecentActivity);
        Task<Result<RecentActivity?>> recent;
        lock (_lock)
        {
            if (_recent is null || (_recent.IsCompleted && (context.Time.GetElapsedTime(_recentAt) >= RecentMaxAge || _recent.IsFaulted || _recent.Result.IsRefused)))
            {
                _recentAt = context.Time.GetTimestamp();
                _recent = ReadRecentAsync();
            }

            recent = _recent;
        }

        return await recent;
    }

    private async Task<Result<RecentActivity?>> ReadRecentAsync()
    {
        await Task.Yield();
        var startedAt = context.Time.GetTimestamp();
        // Until then every instance has written down what it did, if it could.
        var to = context.Time.GetUtcNow().ToUnixTimeMilliseconds() - (long)context.Options.HistoryInterval.TotalMilliseconds;
        var (rateFrom, costFrom) = (to - (long)RateWindow.TotalMilliseconds, to - (long)CostWindow.TotalMilliseconds);
        var rates = new Dictionary<TopicId, ActivityAmounts>();
        var hour = new Dictionary<TopicId, ActivityAmounts>();
        var read = await reports.ReadAsync(
            costFrom,
            to,
            topic: null,
            report =>
            {
                rates[report.Topic] = rates.GetValueOrDefault(report.Topic) + ActivityShare.Between(report, rateFrom, to);
                hour[report.Topic] = hour.GetValueOrDefault(report.Topic) + ActivityShare.Between(report, costFrom, to);
            },
            _ => context.Time.GetElapsedTime(startedAt) >= MaxDuration);
        if (read.IsRefused)
            return read.Refusal;
        // Half of it would look like less traffic.
        return read.Value is { } reached && reached >= to ? new RecentActivity(to, rates, hour) : default(RecentActivity);
    }
}

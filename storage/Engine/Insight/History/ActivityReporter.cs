using System.Collections.Concurrent;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// Writes down what this instance has done, at most once in <see cref="EngineOptions.HistoryInterval"/> and only if it has done anything, with one append for all topics
/// together. A report that is lost is missing
/// from the history and no more; one whose append was not answered is sent again as the same batch, which stands once.
/// </summary>
internal sealed class ActivityReporter(PartitionContext context, PartitionRegistry partitions, TopicCatalog topics, ActivityBook book, Guid instance)
{
    public const string TopicName = "__metrics";

    /// <summary>Storage operations alone are reported once there are so many: a few now and then are no reason to write.</summary>
    public const int MinOperations = 1_000;

    /// <summary>The name of a topic that is deleted.</summary>
    private const string Gone = "";

    private const string Subject = "The history of rates";

    private readonly Dictionary<TopicId, (ActivityAmounts Amounts, Dictionary<int, long> Appended)> _reported = [];
    private readonly Lock _lock = new();
    private readonly ServiceTopic _topic = new(topics, ServiceTopic.Keeping(TopicName, context.Options.HistoryRetention, segments: 14));
    private ProducerIdentity? _producer;
    private int _sequence;
    private readonly ConcurrentQueue<PendingReports> _pending = new();
    private Task? _underWay;
    private long _takenAt;
    private long _notBefore = long.MinValue;

    /// <summary>Begins a report when one is due, and does not wait for it. Costs next to nothing when none is.</summary>
    public void Nudge()
    {
        if (IsDue)
            _ = BeginAsync();
    }

    /// <summary>A group has committed something, or (null) what it had committed was deleted.</summary>
    public void Committed(GroupId group, GroupPartition partition, long? offset)
    {
        book.Committed(group, partition, offset, partitions.Find(partition.Key)?.View?.Offsets.HighWatermark);
        Nudge();
    }

    /// <summary>Reports if that is due. Waits for one that is under way.</summary>
    public Task ReportAsync() => IsDue || HasManyOperations ? BeginAsync() : Task.CompletedTask;

    private bool IsOn => context.Options.HistoryInterval > TimeSpan.Zero;

    /// <summary>
    /// The time counts from the first record that was moved, or commit that was news, since the last report, so that a report is never of less than the interval; and one that could not be written
    /// waits as long for the next try.
    /// </summary>
    private bool IsDue => IsOn && (!_pending.IsEmpty || Age(book.Since) >= Interval) && context.Time.GetTimestamp() >= Volatile.Read(ref _notBefore);

    private bool HasManyOperations => IsOn && book.Topics.Any(topic => topic.Value.Name is not (TopicName or Gone) && Unreported(topic).Operations >= MinOperations);

    private long Interval => (long)context.Options.HistoryInterval.TotalMilliseconds;

    private long Age(long? since) => since is { } at ? context.Time.GetUtcNow().ToUnixTimeMilliseconds() - at : -1;

    private Task BeginAsync()
    {
        lock (_lock)
        {
            if (_underWay is { IsCompleted: false } other)
                return other;
            return _underWay = TryAsync();
        }
    }

    private ActivityAmounts Unreported(KeyValuePair<TopicId, TopicActivity> topic)
    {
        lock (_lock)
            return topic.Value.Amounts - (_reported.TryGetValue(topic.Key, out var reported) ? reported.Amounts : default);
    }

    /// <summary>Never throws: what goes wrong is tried again when the next report is due.</summary>
    private async Task TryAsync()
    {
        // Begins after the lock under which it was started has been left.
        await Task.Yield();
        Volatile.Write(ref _notBefore, context.Time.GetTimestamp() + (long)(context.Options.HistoryInterval.TotalSeconds * context.Time.TimestampFrequency));
        try
        {
            if (_pending.IsEmpty)
            {
                await NameAsync();
                foreach (var batch in PendingReports.Of(Take()))
                    _pending.Enqueue(batch);
            }

            if (_pending.IsEmpty || await FindTopicAsync() is not { } topic)
                return;
            while (_pending.TryPeek(out var next) && await TryAppendAsync(topic, next))
                _pending.TryDequeue(out _);
        }
        catch (Exception e)
        {
            Log.Log.NoReport(context.Logger, e.Message);
        }
    }

    /// <summary>
    /// Learns the names of topics for which this instance has only made storage operations, as the housekeeping does, once there are enough of them: one query for each
    /// 1,000 topics.
    /// </summary>
    private async ValueTask NameAsync()
    {
        var unnamed = book.Topics.Where(topic => topic.Value.Name is null && Unreported(topic).Operations >= MinOperations).ToList();
        if (unnamed.Count == 0)
            return;
        var listed = await topics.ListAsync(CancellationToken.None);
        if (listed.IsRefused)
            return;
        var names = listed.Value.ToDictionary(topic => topic.Id, topic => topic.Name);
        foreach (var (id, activity) in unnamed)
            activity.Name ??= names.GetValueOrDefault(id, Gone);
    }

    /// <summary>Everything since the last report. From here on it counts as reported, whatever becomes of it.</summary>
    private List<(string Topic, ActivityReport Report)> Take()
    {
        var now = context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var since = Math.Min(book.Since ?? Math.Max(_takenAt, now - Interval), now);
        book.Begin();
        _takenAt = now;
        var reports = new List<(string, ActivityReport)>();
        foreach (var (id, activity) in book.Topics)
        {
            if (activity.Name is not { } name || name is TopicName or Gone)
                continue;
            var (amounts, appended) = (activity.Amounts, activity.Appended.ToDictionary());
            (ActivityAmounts Amounts, Dictionary<int, long> Appended) before;
            lock (_lock)
                before = _reported.TryGetValue(id, out var reported) ? reported : (default, []);
            var done = amounts - before.Amounts;
            if (!done.MovedRecords && done.Operations < MinOperations && !activity.Commits.HasNews)
                continue;
            lock (_lock)
                _reported[id] = (amounts, appended);
            var gauges = appended.Where(bytes => bytes.Value != before.Appended.GetValueOrDefault(bytes.Key)).Select(bytes => Gauge(id, bytes.Key)).OfType<PartitionGauge>();
            var (commits, leftOut) = activity.Commits.Take();
            var chunks = commits.Chunk(ActivityReport.MaxCommits).ToList();
            reports.Add((name, new ActivityReport(id, instance, since, now, done, [.. gauges.OrderBy(gauge => gauge.Partition)])
            {
                Commits = chunks.Count > 0 ? chunks[0] : [],
                CommitsLeftOut = leftOut,
            }));
            foreach (var chunk in chunks.Skip(1))
                reports.Add((name, new ActivityReport(id, instance, since, now, default, []) { Commits = chunk }));
        }

        return reports;
    }

    /// <summary>As this instance, which has just appended there, sees it; no operation.</summary>
    private PartitionGauge? Gauge(TopicId topic, int partition) => partitions.Find(new TopicPartition(topic, partition))?.View is { } view
        ? new PartitionGauge(partition, view.Offsets.LogStart, view.Offsets.HighWatermark, ViewSummary.Bytes(view))
        : null;

    private async ValueTask<Topic?> FindTopicAsync()
    {
        var found = await _topic.FindAsync();
        if (!found.IsRefused)
            return found.Value;
        Log.Log.NoReport(context.Logger, found.Refusal.Message);
        return null;
    }

    /// <summary>False: it is to be sent again, and nothing behind it before it.</summary>
    private async ValueTask<bool> TryAppendAsync(Topic topic, PendingReports pending)
    {
        _producer ??= new ProducerIdentity(await context.NextProducerId(CancellationToken.None), 0);
        var batch = pending.Build(_producer.Value, _sequence);
        var appended = await partitions.Get(topic, 0).AppendAsync(new AppendRequest([batch]), Subject, CancellationToken.None);
        if (!appended.IsRefused)
        {
            _sequence = BatchIdentity.Advance(_sequence, pending.Count);
            return true;
        }

        Log.Log.NoReport(context.Logger, appended.Refusal.Message);
        switch (appended.Refusal.Code)
        {
            case ErrorCode.RequestTimedOut:
                pending.MayStand = true;
                return false;
            case ErrorCode.UnknownTopicOrPartition:
                topics.Forget(TopicName);
                return false;
            case ErrorCode.OutOfOrderSequenceNumber or ErrorCode.UnknownProducerId or ErrorCode.InvalidProducerEpoch or ErrorCode.DuplicateSequenceNumber:
                // The log has forgotten this producer. Whether it took the batch before it did, nobody can tell; missing is better than twice.
                (_producer, _sequence) = (null, 0);
                return pending.MayStand;
            case ErrorCode.KafkaStorageError or ErrorCode.ThrottlingQuotaExceeded:
                return false;
            default:
                // It will never be taken, and must not hold up what comes after it.
                return true;
        }
    }
}

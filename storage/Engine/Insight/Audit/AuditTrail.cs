using System.Text;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Insight;

/// <summary>The audit: topic <c>__audit</c>, to which every instance appends and from which nothing is taken but by retention.</summary>
public sealed class AuditTrail
{
    public const string TopicName = "__audit";

    /// <summary>Of one page.</summary>
    public const int MaxPage = 500;

    /// <summary>Records that are looked at for one page, however few of them are wanted.</summary>
    internal const int MaxLooked = 20_000;

    private const int WindowRecords = 1_000;
    private const int WindowBytes = 1024 * 1024;
    private const string Subject = "The audit";

    /// <summary>How much earlier or later than its neighbours' a record's time may be: clocks differ.</summary>
    private static readonly TimeSpan s_disorder = TimeSpan.FromMinutes(5);

    private readonly PartitionRegistry _partitions;
    private readonly TopicCatalog _topics;
    private readonly ServiceTopic _topic;
    private readonly TimeProvider _time;
    private readonly Entropy _entropy;
    private readonly Guid _instance;

    internal AuditTrail(PartitionContext context, PartitionRegistry partitions, TopicCatalog topics, Guid instance)
    {
        _partitions = partitions;
        _topics = topics;
        // Somebody waits for both records of a change, and there are few.
        _topic = new ServiceTopic(topics, ServiceTopic.Keeping(TopicName, context.Options.AuditRetention, segments: 12, (TopicConfigDefinitions.LingerMs, "0")));
        _time = context.Time;
        _entropy = context.Entropy;
        _instance = instance;
    }

    /// <summary>A record of now, under an id of its own, that is not appended yet.</summary>
    public AuditRecord Begin(AuditOutcome outcome, string action, string resource, string principal, string? sourceAddress, string? forwardedFor, string requestId, string details) =>
        new(_entropy.NextGuid(), outcome, Now, action, resource, principal, sourceAddress, forwardedFor, requestId, _instance, details);

    /// <summary>The same change, as it ended now.</summary>
    public AuditRecord End(AuditRecord begun, AuditOutcome outcome, string? error) => begun with { Outcome = outcome, Time = Now, Error = error };

    /// <summary>
    /// Appends one record. Makes the topic when it is first needed. Refuses with KAFKA_STORAGE_ERROR or THROTTLING_QUOTA_EXCEEDED (it does not stand) or REQUEST_TIMED_OUT
    /// (nobody knows).
    /// </summary>
    public async ValueTask<Result<Nothing>> AppendAsync(AuditRecord record)
    {
        for (var isAgain = false; ; isAgain = true)
        {
            var topic = await _topic.FindAsync();
            if (topic.IsRefused)
                return topic.Refusal;
            var appended = await _partitions.Get(topic.Value, 0).AppendAsync(new AppendRequest([Batch(record)]), Subject, CancellationToken.None);
            if (!appended.IsRefused)
                return default(Nothing);
            if (appended.Refusal.Code != ErrorCode.UnknownTopicOrPartition || isAgain)
                return appended.Refusal;
            _topics.Forget(TopicName);
        }
    }

    /// <summary>
    /// One page, newest first, of what any instance had appended before this was asked. Costs a look at the partition and what reading the records back takes that have to be
    /// looked at, at most <see cref="MaxLooked"/>. Refuses with KAFKA_STORAGE_ERROR or CORRUPT_MESSAGE.
    /// </summary>
    public async ValueTask<Result<AuditPage>> ReadAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        var found = await _topics.FindAsync(TopicName, cancellationToken);
        if (found.IsRefused)
            return found.Refusal.Code == ErrorCode.UnknownTopicOrPartition ? new AuditPage([], null) : found.Refusal;
        var log = _partitions.Get(found.Value, 0);
        var ends = await log.OffsetsAsync();
        if (ends.IsRefused)
            return ends.Refusal;
        var end = await FindEndAsync(log, query, ends.Value);
        if (end.IsRefused)
            return end.Refusal;

        var wanted = new List<(long, AuditRecord)>();
        var (at, looked) = (end.Value, 0);
        while (at > ends.Value.LogStart && looked < MaxLooked)
        {
            var begin = Math.Max(ends.Value.LogStart, at - WindowRecords);
            var window = await ReadAsync(log, begin, at, cancellationToken);
            if (window.IsRefused)
                return window.Refusal;
            for (var i = window.Value.Count - 1; i >= 0; i--)
            {
                var (offset, record) = window.Value[i];
                if (query.From is { } from && record.Time < from - (long)s_disorder.TotalMilliseconds)
                    return new AuditPage(wanted, null);
                if (!query.Wants(record))
                    continue;
                wanted.Add((offset, record));
                if (wanted.Count >= query.Size)
                    return new AuditPage(wanted, offset > ends.Value.LogStart ? offset : null);
            }

            looked += (int)(at - begin);
            at = begin;
        }

        return new AuditPage(wanted, at > ends.Value.LogStart ? at : null);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private static Memory<byte> Batch(AuditRecord record)
    {
        var builder = new RecordBatchBuilder();
        builder.Add(record.Time, Encoding.UTF8.GetBytes(record.Resource), record.Encode(), []);
        return builder.Build();
    }

    /// <summary>Where to begin to go back from.</summary>
    private static async ValueTask<Result<long>> FindEndAsync(PartitionLog log, AuditQuery query, PartitionOffsets ends)
    {
        if (query.Before is { } before)
            return Math.Min(before, ends.HighWatermark);
        if (query.To is not { } to || to >= long.MaxValue / 2)
            return ends.HighWatermark;
        var found = await log.OffsetForTimestampAsync(to + (long)s_disorder.TotalMilliseconds);
        return found.IsRefused ? found.Refusal : Math.Min(found.Value.Offset, ends.HighWatermark);
    }

    /// <summary>All records of the audit from one offset to another, in their order.</summary>
    private static async ValueTask<Result<IReadOnlyList<(long Offset, AuditRecord Record)>>> ReadAsync(PartitionLog log, long begin, long end, CancellationToken cancellationToken)
    {
        var records = new List<(long, AuditRecord)>();
        for (var next = begin; next < end;)
        {
            var fetched = await log.FetchAsync(new FetchRequest(FetchFrom.At(next), WindowBytes, TimeSpan.Zero), Subject, cancellationToken);
            if (fetched.IsRefused)
                return fetched.Refusal;
            foreach (var batch in fetched.Value.Batches)
                Take(batch, begin, end, records);
            if (fetched.Value.NextOffset <= next)
                break;
            next = fetched.Value.NextOffset;
        }

        return records;
    }

    private static void Take(ReadOnlyMemory<byte> batch, long begin, long end, List<(long, AuditRecord)> records)
    {
        if (!RecordBatchReader.TryOpen(batch, RecordLimits.MaxDecompressedBytes, out var reader, out _))
            return;
        while (reader.TryReadNext(out var stored))
        {
            if (stored.Offset >= begin && stored.Offset < end && stored.Value is { } value && AuditRecord.TryDecode(value, out var record))
                records.Add((stored.Offset, record));
        }
    }
}

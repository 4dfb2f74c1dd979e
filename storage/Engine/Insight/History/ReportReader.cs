using System.Text;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Insight;

/// <summary>Reads what instances have written down, past the cache, between two times.</summary>
internal sealed class ReportReader(PartitionContext context, PartitionRegistry partitions, TopicCatalog topics)
{
    /// <summary>How much later than its time a report may stand in the log: clocks differ, and one that was not answered is sent again.</summary>
    public static readonly TimeSpan Lateness = TimeSpan.FromMinutes(3);

    private const int RangeBytes = 1024 * 1024;

    /// <summary>
    /// Hands over each report that has part in the time from <paramref name="from"/> on, in the order of the log. Ends with the first that is later than <paramref
    /// name="to"/> (and its lateness), or when <paramref name="isEnough"/> says
    /// so of the time up to which all were handed over. Answers that time; null: there is no history. Refuses with KAFKA_STORAGE_ERROR or CORRUPT_MESSAGE.
    /// </summary>
    /// <param name="topic">Only of the topic by this name; null: of all.</param>
    public async ValueTask<Result<long?>> ReadAsync(long from, long to, string? topic, Action<ActivityReport> take, Func<long, bool> isEnough)
    {
        var found = await topics.FindAsync(ActivityReporter.TopicName, CancellationToken.None);
        if (found.IsRefused)
            return found.Refusal.Code == ErrorCode.UnknownTopicOrPartition ? default(long?) : found.Refusal;
        var log = partitions.Get(found.Value, 0);
        var looked = await log.SeeAsync(PartitionLook.MaxAge);
        if (looked.IsRefused)
            return looked.Refusal;
        try
        {
            return await ReadAsync(looked.Value, log.Indexes, (from, to), topic is null ? null : Encoding.UTF8.GetBytes(topic), take, isEnough);
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException or BlobMissingException)
        {
            return new Refusal(ErrorCode.KafkaStorageError, $"The history could not be read: {e.Message} Try again.");
        }
        catch (PartitionBrokenException e)
        {
            return new Refusal(ErrorCode.CorruptMessage, $"The history could not be read: {e.Message}");
        }
    }

    private async ValueTask<long?> ReadAsync(LogView view, SegmentIndexes indexes, (long From, long To) time, byte[]? key, Action<ActivityReport> take, Func<long, bool> isEnough)
    {
        var lateness = (long)Lateness.TotalMilliseconds;
        var bytes = new PassingReader(context, RangeBytes);
        foreach (var segment in view.Chain?.Sealed ?? [])
        {
            if (segment.MaxTimestamp < time.From || segment.EndOffset <= view.Offsets.LogStart)
                continue;
            if (await ReadAsync(await indexes.ExtentAsync(segment)) is { } reached)
                return reached;
        }

        return view.Active is { } active && await ReadAsync(active) is { } last ? last : time.To;

        async ValueTask<long?> ReadAsync(SegmentExtent extent)
        {
            var walk = new SegmentWalk(bytes, extent, Math.Max(extent.Index.FloorOfTime(time.From).Position, extent.Index.Floor(view.Offsets.LogStart)));
            while (await walk.MoveNextAsync())
            {
                if (walk.Header.MaxTimestamp < time.From)
                    continue;
                var certain = walk.Header.MaxTimestamp - lateness;
                if (certain >= time.To)
                    return time.To;
                if (isEnough(certain))
                    return certain;
                Take(await walk.ReadAsync(), key, take);
            }

            return null;
        }
    }

    private static void Take(ReadOnlyMemory<byte> batch, byte[]? key, Action<ActivityReport> take)
    {
        if (!RecordBatchReader.TryOpen(batch, RecordLimits.MaxDecompressedBytes, out var reader, out _))
            return;
        while (reader.TryReadNext(out var record))
        {
            if ((key is null || (record.Key is { } name && name.Span.SequenceEqual(key))) && record.Value is { } value && ActivityReport.Decode(value) is { } report)
                take(report);
        }
    }
}

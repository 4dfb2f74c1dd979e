using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// Looks at partitions: two storage operations each where this instance has it open (none if it looked within <see cref="MaxAge"/>), and one more for the last batch
/// where that is not in memory (of a compacted partition whose active segment is empty, two). One that is not open is opened, which takes as many operations as a first fetch. At most <see cref="AtOnce"/> of one call are under way.
/// </summary>
internal sealed class PartitionLook(PartitionContext context, PartitionRegistry partitions)
{
    public const int AtOnce = 8;

    /// <summary>What is asked for again within this time costs nothing.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(3);

    /// <summary>The last batch begins at most so far behind a point of the index.</summary>
    private const int RangeBytes = 64 * 1024;

    public async ValueTask<IReadOnlyList<TopicInsight>> TopicsAsync(IReadOnlyList<Topic> topics)
    {
        var all = topics.SelectMany(topic => Enumerable.Range(0, topic.Partitions).Select(partition => (topic, partition))).ToArray();
        var looked = await AllAsync(all);
        var insights = new List<TopicInsight>(topics.Count);
        var at = 0;
        foreach (var topic in topics)
        {
            insights.Add(new TopicInsight(topic, looked[at..(at + topic.Partitions)]));
            at += topic.Partitions;
        }

        return insights;
    }

    public ValueTask<PartitionInsight[]> PartitionsAsync(Topic topic, int from, int count) =>
        AllAsync([.. Enumerable.Range(from, count).Select(partition => (topic, partition))]);

    public async ValueTask<Result<IReadOnlyList<SegmentInsight>>> SegmentsAsync(Topic topic, int partition)
    {
        var looked = await partitions.Get(topic, partition).SeeAsync(MaxAge);
        if (looked.IsRefused)
            return looked.Refusal;
        var view = looked.Value;
        var last = view.Active is { } active && active.EndOffset > active.BaseOffset ? await LastAsync(view, partitions.Get(topic, partition).Indexes) : null;
        return Result(ViewSummary.Segments(view, last?.Timestamp));

        static Result<IReadOnlyList<SegmentInsight>> Result(IReadOnlyList<SegmentInsight> segments) => segments.ToArray();
    }

    /// <summary>What cannot be looked at says so in its place and keeps no other from being looked at.</summary>
    private async ValueTask<PartitionInsight> LookAsync(Topic topic, int partition)
    {
        var log = partitions.Get(topic, partition);
        var looked = await log.SeeAsync(MaxAge);
        if (looked.IsRefused)
            return PartitionInsight.Unknown(partition, looked.Refusal.Message);
        var view = looked.Value;
        var last = await LastAsync(view, log.Indexes);
        return new PartitionInsight(
            partition,
            view.Offsets,
            ViewSummary.Bytes(view),
            ViewSummary.DeadBytes(view),
            view.Chain is { } chain ? chain.Sealed.Count + 1 : 0,
            last?.Offset,
            last?.Timestamp,
            view.Chain?.Head.SweptAt is > 0 and var sweptAt ? sweptAt : null,
            Stopped: null);
    }

    /// <summary>Null: there are no records, or they could not be read.</summary>
    private async ValueTask<(long Offset, long? Timestamp)?> LastAsync(LogView view, SegmentIndexes indexes)
    {
        if (view is not { Chain: { } chain, Active: { } active } || view.Offsets.HighWatermark == view.Offsets.LogStart)
            return null;
        try
        {
            var found = active.EndOffset > active.BaseOffset ? await LastAsync(active) : await LastAsync(chain, indexes);
            return found is { } last && last.Offset >= view.Offsets.LogStart ? last : null;
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException or BlobMissingException or PartitionBrokenException)
        {
            return null;
        }
    }

    /// <summary>Of the sealed segments. Only where compaction has been can the last record of one not be its last offset: then it is looked for.</summary>
    private async ValueTask<(long Offset, long? Timestamp)?> LastAsync(SegmentChain chain, SegmentIndexes indexes)
    {
        var compacted = Math.Max(chain.Head.Compaction.CleanOffset, chain.Head.Compaction.Next);
        foreach (var segment in chain.Sealed.Reverse())
        {
            if (!segment.IsRewritten || segment.BaseOffset >= compacted)
                return (segment.EndOffset - 1, ViewSummary.Known(segment.MaxTimestamp));
            if (segment.Bytes > 0 && await LastAsync(await indexes.ExtentAsync(segment)) is { } last)
                return last;
        }

        return null;
    }

    private async ValueTask<(long Offset, long? Timestamp)?> LastAsync(SegmentExtent extent)
    {
        var walk = new SegmentWalk(new PassingReader(context, RangeBytes), extent, extent.Index.Floor(extent.EndOffset - 1));
        RecordBatchHeader? last = null;
        ReadOnlyMemory<byte> batch = default;
        while (await walk.MoveNextAsync())
        {
            if (walk.Header.RecordCount == 0)
                continue;
            last = walk.Header;
            // Compaction keeps the offsets that a batch spans, so only its records tell which are left.
            if (walk.Header.RecordCount != walk.Header.NextOffset - walk.Header.BaseOffset)
                batch = await walk.ReadAsync();
        }

        if (last is not { } header)
            return null;
        var offset = header.NextOffset - 1;
        if (header.RecordCount != header.NextOffset - header.BaseOffset && RecordOutlineReader.TryOpen(batch, RecordLimits.MaxDecompressedBytes, out var reader, out _))
        {
            while (reader.TryReadNext(out var record))
                offset = record.Offset;
        }

        return (offset, ViewSummary.Known(header.MaxTimestamp));
    }

    private async ValueTask<PartitionInsight[]> AllAsync((Topic Topic, int Partition)[] all)
    {
        var looked = new PartitionInsight[all.Length];
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, all.Length)).Select(_ => WorkAsync()));
        return looked;

        async Task WorkAsync()
        {
            for (var at = Interlocked.Increment(ref next); at < all.Length; at = Interlocked.Increment(ref next))
                looked[at] = await LookAsync(all[at].Topic, all[at].Partition);
        }
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Compacts the sealed segments of one partition: keeps the last record of each key. Offsets and order never change, and the active segment is left alone. Any instance may
/// do it, twice, late, and several at once.
/// </summary>
/// <remarks>
/// A pass reads the keys from the first dirty offset on into a map of bounded size, as far as they fit, and then takes the segments from the log's first up to there, a few
/// at a time: what is left of them goes into a new object, which is read back (R5) and takes their place with one transaction that replaces the head (R1). The head
/// notes how far the pass has come, so whoever goes on builds the map again and begins there. Segments in which nothing changes are read and not written. Memory is the
/// map, one batch and what it decompresses to, and a few ranges of 4 MiB.
/// </remarks>
internal sealed class LogCompaction(PartitionContext context, TopicPartition partition, TopicConfig config)
{
    private const int MaxTries = 10;

    private readonly ChainStore _store = new(context, partition);

    /// <summary>
    /// Begins a pass, or goes on with one, until it has ended or <paramref name="isOver"/> says so; takes the pass on in any case. <paramref name="chain"/> is as it was read.
    /// </summary>
    /// <param name="now">By the storage service's clock.</param>
    public ValueTask<RewriteResult> CompactAsync(SegmentChain chain, DateTimeOffset now, Func<bool> isOver) => TryAsync(chain, async () =>
    {
        var plan = CompactionPlan.Of(chain, config, now.ToUnixTimeMilliseconds());
        if (context.CompactionMemory.TryTake(plan.UpTo - plan.From) is not { } keys)
            return new RewriteResult(RewriteOutcome.Unavailable, Detail: $"{partition} waits to be compacted: another partition is.");
        try
        {
            var mapEnd = await ReadKeysAsync(chain, plan, keys);
            return await PassAsync(chain, plan, Rule(chain, keys, mapEnd, now), mapEnd, isOver);
        }
        finally
        {
            context.CompactionMemory.GiveBack();
        }
    });

    /// <summary>Takes away the tombstones whose delete horizon has passed, from the first segment that has any.</summary>
    public ValueTask<RewriteResult> DropTombstonesAsync(SegmentChain chain, DateTimeOffset now, Func<bool> isOver) => TryAsync(chain, async () =>
    {
        var first = chain.Sealed.First(segment => CompactionPlan.HasExpired(segment, now.ToUnixTimeMilliseconds()));
        var (taken, swap, defect) = await TakeGroupAsync(chain, first.BaseOffset, first.EndOffset, Rule(chain, null, 0, now), isOver);
        if (defect is not null)
            return new RewriteResult(RewriteOutcome.CopyDamaged, Detail: defect);
        if (swap is null)
            return new RewriteResult(RewriteOutcome.Overtaken, Detail: $"{first.Blob} has no tombstones that may go, although the chain says so.");
        if (await CommitAsync(chain, swap) is null)
            return Overtaken();
        Log.Compacted(context.Logger, partition, swap.RecordsTaken, 1, taken);
        return new RewriteResult(RewriteOutcome.Replaced, swap.Replacement);
    });

    private async ValueTask<RewriteResult> TryAsync(SegmentChain chain, Func<ValueTask<RewriteResult>> work)
    {
        try
        {
            return await work();
        }
        catch (BlobMissingException e)
        {
            return await _store.ReadAsync() is { } now && now.Sealed.Any(segment => segment.Blob == e.Blob || segment.ProducersBlob == e.Blob)
                ? new RewriteResult(RewriteOutcome.SourceDamaged, Detail: $"Blob {e.Blob}, which the chain of {partition} names, does not exist.")
                : Overtaken();
        }
        catch (PartitionBrokenException e)
        {
            return new RewriteResult(RewriteOutcome.SourceDamaged, Detail: e.Message);
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException)
        {
            return new RewriteResult(RewriteOutcome.Unavailable, Detail: e.Message);
        }
    }

    /// <summary>
    /// Notes the last offset of each key from the first dirty offset on. Answers where it stopped: the end of what is to be compacted, the first record whose key does not fit, or
    /// where half of a tick's time was over, but always behind where it began.
    /// </summary>
    private async ValueTask<long> ReadKeysAsync(SegmentChain chain, CompactionPlan plan, OffsetMap keys)
    {
        var startedAt = context.Time.GetTimestamp();
        var end = plan.From;
        foreach (var segment in chain.Sealed.Where(segment => segment.EndOffset > plan.From && segment.BaseOffset < plan.UpTo))
        {
            var batches = new StoredBatches(context, partition, segment);
            while (segment.Bytes > 0 && await batches.MoveNextAsync() && batches.Header.BaseOffset < plan.UpTo)
            {
                if (batches.Header.NextOffset <= plan.From)
                    continue;
                if (end > plan.From && context.Time.GetElapsedTime(startedAt) >= context.Options.HousekeepingTickLimit / 2)
                    return end;
                if (!TryNote(batches.Batch, plan, keys, out var full))
                    return full;
                end = Math.Min(batches.Header.NextOffset, plan.UpTo);
            }

            end = Math.Min(segment.EndOffset, plan.UpTo);
        }

        return end;
    }

    /// <summary>Of a batch that cannot be read no key is noted, so that it takes the place of none that can. False: the map is full before <paramref name="full"/>.</summary>
    private static bool TryNote(ReadOnlyMemory<byte> batch, CompactionPlan plan, OffsetMap keys, out long full)
    {
        full = 0;
        if (!RecordOutlineReader.TryOpen(batch, RecordLimits.MaxDecompressedBytes, out var reader, out _) || reader.Header.IsControl || !reader.IsSound())
            return true;
        while (reader.TryReadNext(out var record) && record.Offset < plan.UpTo)
        {
            if (record.Offset < plan.From || !record.HasKey || keys.TryPut(record.Key, record.Offset))
                continue;
            full = record.Offset;
            return false;
        }

        return true;
    }

    private async ValueTask<RewriteResult> PassAsync(SegmentChain chain, CompactionPlan plan, CompactionRule rule, long mapEnd, Func<bool> isOver)
    {
        var progress = chain.Head.Compaction;
        var next = plan.IsUnderWay ? progress.Next : 0;
        var isFirst = true;
        var (objects, records) = (0, 0L);
        while (next < mapEnd && (isFirst || !isOver()))
        {
            isFirst = false;
            var (taken, swap, defect) = await TakeGroupAsync(chain, next, mapEnd, rule, isOver);
            if (defect is not null)
                return new RewriteResult(RewriteOutcome.CopyDamaged, Detail: defect);
            next = taken;
            if (swap is null)
                continue;
            var after = new CompactionProgress(progress.CleanOffset, next, mapEnd);
            if (await CommitAsync(chain, swap with { Next = Ended(after) }) is not { } swapped)
                return Overtaken();
            (objects, records) = (objects + 1, records + swap.RecordsTaken);
            chain = swapped;
        }

        var final = Ended(new CompactionProgress(progress.CleanOffset, next, mapEnd));
        if (chain.Head.Compaction != final && await CommitAsync(chain, new CompactionSwap(chain.Head, final, [], null)) is null)
            return Overtaken();
        Log.Compacted(context.Logger, partition, records, objects, next);
        return new RewriteResult(RewriteOutcome.Replaced);
    }

    private static CompactionProgress Ended(CompactionProgress pass) => pass.Next < pass.End ? pass : new CompactionProgress(pass.End, 0, 0);

    private CompactionRule Rule(SegmentChain chain, OffsetMap? keys, long mapEnd, DateTimeOffset now) => new(
        keys, mapEnd, chain.Head.LogStartOffset, (now.ToUnixTimeMilliseconds(), (now + config.DeleteRetention).ToUnixTimeMilliseconds()), context.Rules);

    /// <summary>
    /// The next segments from an offset on, up to the first that ends at or behind <paramref name="upTo"/>, until there are enough for one object, or until none changes.
    /// Answers the end of the last one, and what is to be swapped, if anything.
    /// </summary>
    private async ValueTask<(long Taken, CompactionSwap? Swap, string? Defect)> TakeGroupAsync(
        SegmentChain chain, long from, long upTo, CompactionRule rule, Func<bool> isOver)
    {
        var group = new CompactionGroup(config.SegmentBytes);
        CompactedObject? made = null;
        var taken = from;
        foreach (var segment in chain.Sealed.Where(segment => segment.EndOffset > Math.Max(from, chain.Head.LogStartOffset)))
        {
            if (segment.BaseOffset >= upTo || (taken > from && isOver()))
                break;
            if (CompactionGroup.MustWait(segment) && taken > from)
                break;
            if (CompactionGroup.MustWait(segment))
                throw new StorageUnavailableException($"{segment.Blob} waits to be compacted until what it replaced is deleted.");
            // What changes is written again in any case; what is small is not worth finding out.
            var isChanged = (made is null || !group.Takes(segment, true, false)) && await ChangesAsync(segment, rule);
            if (!group.Takes(segment, made is not null, isChanged))
            {
                if (made is not null || group.Members.Count > 1)
                    break;
                group.Clear();
            }

            group.Add(segment);
            if (made is not null)
                await CopyAsync(segment, made, rule);
            else if (isChanged)
                made = await CopyAsync(group, rule);
            if (made is not null)
                group.Bytes = made.Bytes;
            taken = segment.EndOffset;
        }

        if (made is null && group.Members.Count > 1)
            made = await CopyAsync(group, rule);
        if (made is null)
            return (taken == from ? upTo : taken, null, null);
        var (row, defect) = await made.FinishAsync(group.Members[^1], group.Members.Max(member => member.LeaderEpoch));
        if (row is null)
            return (taken, null, defect);
        row = row with { CreatedAt = CreatedAt(chain, group, upTo) };
        return (taken, new CompactionSwap(chain.Head, null, group.Members, row) { RecordsTaken = made.RecordsTaken }, null);
    }

    /// <summary>Of the oldest that is not clean: it says when the row has to be compacted again at the latest.</summary>
    private static long CreatedAt(SegmentChain chain, CompactionGroup group, long upTo)
    {
        var clean = Math.Max(chain.Head.Compaction.CleanOffset, upTo);
        var dirty = group.Members.Where(member => member.EndOffset > clean && member.CreatedAt > 0).Select(member => member.CreatedAt).ToList();
        return dirty.Count > 0 ? dirty.Min() : group.Members[0].CreatedAt;
    }

    /// <summary>A <c>.log</c> blob is to be rewritten in any case. Otherwise reads up to the first change.</summary>
    private async ValueTask<bool> ChangesAsync(ChainSegmentRow segment, CompactionRule rule)
    {
        if (!segment.IsRewritten)
            return true;
        var batches = new StoredBatches(context, partition, segment);
        while (segment.Bytes > 0 && await batches.MoveNextAsync())
        {
            if (rule.Apply(batches.Header, batches.Batch, out _) is BatchChange.Rebuilt or BatchChange.Emptied)
                return true;
        }

        return false;
    }

    private async ValueTask<CompactedObject> CopyAsync(CompactionGroup group, CompactionRule rule)
    {
        var made = new CompactedObject(context, partition, group.Members[0]);
        foreach (var member in group.Members)
            await CopyAsync(member, made, rule);
        return made;
    }

    private async ValueTask CopyAsync(ChainSegmentRow segment, CompactedObject made, CompactionRule rule)
    {
        var batches = new StoredBatches(context, partition, segment);
        while (segment.Bytes > 0 && await batches.MoveNextAsync())
        {
            var change = rule.Apply(batches.Header, batches.Batch, out var left);
            if (change == BatchChange.Unreadable)
                Log.NotCompacted(context.Logger, partition, batches.Header.BaseOffset);
            var recordsLeft = !left.IsEmpty && RecordBatchHeader.TryRead(left.Span, out var header) ? header.RecordCount : 0;
            made.RecordsTaken += batches.Header.RecordCount - recordsLeft;
            if (!left.IsEmpty)
                await made.AddAsync(left, isReadable: change != BatchChange.Unreadable);
        }
    }

    /// <summary>Null: others have changed what it would change. The head may move for other reasons meanwhile, and a reply may get lost: either is settled by reading.</summary>
    private async ValueTask<SegmentChain?> CommitAsync(SegmentChain chain, CompactionSwap swap)
    {
        var obstacle = "";
        for (var tries = 1; tries <= MaxTries; tries++)
        {
            try
            {
                var committed = swap.Replacement is null
                    ? await _store.ReplaceHeadAsync(chain, swap.Head(chain), null)
                    : await _store.MergeSegmentsAsync(chain, swap.Head(chain), swap.Row(chain));
                if (committed is not null)
                    return committed;
                obstacle = "others changed the head";
            }
            catch (StorageUnavailableException e)
            {
                obstacle = e.Message;
            }

            await Task.Delay(context.Entropy.Jitter(TimeSpan.FromMilliseconds(10 << Math.Min(tries, 6))), context.Time);
            if (await _store.ReadAsync() is not { } now)
                return null;
            if (swap.IsDoneIn(now))
                return now;
            if (!swap.AppliesTo(now, context.Rules))
                return null;
            chain = now;
        }

        throw new StorageUnavailableException($"What was compacted of {partition} could not be put into the chain in {MaxTries} tries: {obstacle}");
    }

    private RewriteResult Overtaken() => new(RewriteOutcome.Overtaken, Detail: $"Others changed what was being compacted of {partition}.");
}

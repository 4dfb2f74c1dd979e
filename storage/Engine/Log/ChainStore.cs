using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>Reads and replaces the rows of one partition. Knows R1 and R3; decides nothing.</summary>
internal sealed class ChainStore(PartitionContext context, TopicPartition partition)
{
    /// <summary>A transaction holds 100 operations, and one of them is the head.</summary>
    public const int MaxSegmentsAtOnce = RowBatch.MaxOperations - 1;

    private const int MaxTries = 4;

    private readonly string _partitionKey = StorageLayout.PartitionKey(partition);

    /// <summary>The head alone: one operation. Null: the partition has never been appended to.</summary>
    public async ValueTask<(PartitionHeadRow Head, ETag ETag)?> ReadHeadAsync()
    {
        var outcome = await context.Backend.ReadRowAsync(StorageLayout.PartitionsTable, new RowAddress(_partitionKey, StorageLayout.HeadRowKey), CancellationToken.None);
        return outcome.Status switch
        {
            OutcomeStatus.Done => (PartitionHeadRow.Decode(outcome.Value), outcome.Value.ETag),
            OutcomeStatus.Missing => null,
            OutcomeStatus.ConditionFailed or OutcomeStatus.Throttled or OutcomeStatus.Unknown => throw new StorageUnavailableException($"Reading the head of {partition}: {outcome}"),
            _ => throw new InvalidOperationException(outcome.ToString()),
        };
    }

    /// <summary>
    /// Head first, chain rows after it, rows at or above the head's base passed over (R3). While both are read the chain may change; then they do not fit
    /// together and are read again. If they do not fit although the head stayed the same, the chain is broken.
    /// </summary>
    public async ValueTask<SegmentChain?> ReadAsync()
    {
        if (!context.Rules.HeadBeforeChain)
            return await ReadChainBeforeHeadAsync();
        ETag? seen = null;
        for (var attempt = 0; ; attempt++)
        {
            if (await ReadHeadAsync() is not var (head, etag))
                return null;
            if (head.State == PartitionState.Deleting)
                return new SegmentChain(head, etag, []);
            var chain = await ReadSegmentsAsync(head, etag);
            if (chain.IsContiguous())
                return chain;
            if (seen == etag || attempt == 10)
            {
                throw new PartitionBrokenException(
                    $"The chain of {partition} has a gap or an overlap between log start {head.LogStartOffset} and the active segment at {head.Active.BaseOffset}.");
            }

            seen = etag;
        }
    }

    /// <summary>
    /// Replaces the head under its ETag, with a chain row in the same transaction if one is given (R1). Null: refused. Somebody was
    /// faster, or our own lost reply was: read the head to see which.
    /// </summary>
    public async ValueTask<SegmentChain?> ReplaceHeadAsync(SegmentChain chain, PartitionHeadRow head, ChainSegmentRow? ended)
    {
        var batch = new RowBatch(_partitionKey).Replace(StorageLayout.HeadRowKey, head.Encode(), chain.ETag);
        if (ended is not null)
            batch.Insert(StorageLayout.SegmentRowKey(ended.BaseOffset), ended.Encode());
        return await CommitAsync(batch) is { } etag ? chain with { Head = head, ETag = etag, Sealed = ended is null ? chain.Sealed : [.. chain.Sealed, ended] } : null;
    }

    /// <summary>
    /// Takes the oldest sealed segments, at most <see cref="MaxSegmentsAtOnce"/>, out of the chain, and replaces the head by itself with them (R1). Null:
    /// refused, as above.
    /// </summary>
    public async ValueTask<SegmentChain?> RemoveOldestAsync(SegmentChain chain, int count)
    {
        var batch = new RowBatch(_partitionKey).Replace(StorageLayout.HeadRowKey, chain.Head.Encode(), chain.ETag);
        foreach (var segment in chain.Sealed.Take(count))
            batch.Delete(StorageLayout.SegmentRowKey(segment.BaseOffset), null);
        return await CommitAsync(batch) is { } etag ? chain with { ETag = etag, Sealed = [.. chain.Sealed.Skip(count)] } : null;
    }

    /// <summary>
    /// Puts rows in the place of those of the same bases, at most <see cref="MaxSegmentsAtOnce"/>, and replaces the head by itself with them (R1). Null:
    /// refused, as above. A blob that a row begins to name must have been made after <paramref name="chain"/> was read: one that was made under an older head
    /// may be deleted as an orphan however late it is named (R16).
    /// </summary>
    public async ValueTask<SegmentChain?> ReplaceSegmentsAsync(SegmentChain chain, IReadOnlyList<ChainSegmentRow> segments)
    {
        var batch = new RowBatch(_partitionKey).Replace(StorageLayout.HeadRowKey, chain.Head.Encode(), chain.ETag);
        foreach (var segment in segments)
            batch.Replace(StorageLayout.SegmentRowKey(segment.BaseOffset), segment.Encode(), null);
        if (await CommitAsync(batch) is not { } etag)
            return null;
        var changed = segments.ToDictionary(segment => segment.BaseOffset);
        return chain with
        {
            ETag = etag,
            Sealed = [.. chain.Sealed.Select(segment => changed.GetValueOrDefault(segment.BaseOffset, segment))],
            ChangedAt = chain.ChangedAt.Where(at => !changed.ContainsKey(at.Key)).ToDictionary(),
        };
    }

    /// <summary>
    /// Puts one row in the place of a run of rows of the chain, at most <see cref="MaxSegmentsAtOnce"/>, the first of which has its base, and another head in the head's place
    /// (R1). Null: refused, as above; and of the blob that the row names the same holds.
    /// </summary>
    public async ValueTask<SegmentChain?> MergeSegmentsAsync(SegmentChain chain, PartitionHeadRow head, ChainSegmentRow merged)
    {
        var run = chain.Sealed.Where(segment => segment.BaseOffset >= merged.BaseOffset && segment.EndOffset <= merged.EndOffset).ToList();
        var batch = new RowBatch(_partitionKey).Replace(StorageLayout.HeadRowKey, head.Encode(), chain.ETag);
        batch.Replace(StorageLayout.SegmentRowKey(merged.BaseOffset), merged.Encode(), null);
        foreach (var segment in run.Skip(1))
            batch.Delete(StorageLayout.SegmentRowKey(segment.BaseOffset), null);
        if (await CommitAsync(batch) is not { } etag)
            return null;
        return chain with
        {
            Head = head,
            ETag = etag,
            Sealed = [.. chain.Sealed.Where(segment => segment.EndOffset <= merged.BaseOffset), merged, .. chain.Sealed.Where(segment => segment.BaseOffset >= merged.EndOffset)],
            ChangedAt = chain.ChangedAt.Where(at => at.Key < merged.BaseOffset || at.Key >= merged.EndOffset).ToDictionary(),
        };
    }

    /// <summary>The head's new ETag; null when a condition did not hold.</summary>
    private async ValueTask<ETag?> CommitAsync(RowBatch batch)
    {
        for (var attempt = 1; ; attempt++)
        {
            var outcome = await context.Backend.CommitRowsAsync(StorageLayout.PartitionsTable, batch, CancellationToken.None);
            switch (outcome.Status)
            {
                case OutcomeStatus.Done:
                    return outcome.Value[0];
                case OutcomeStatus.ConditionFailed when outcome.Failure == ConditionFailure.Exists:
                    throw new PartitionBrokenException($"A chain row of {partition} exists already, but the head has not moved on: {outcome}");
                case OutcomeStatus.ConditionFailed:
                case OutcomeStatus.Missing:
                    return null;
                case OutcomeStatus.Throttled:
                case OutcomeStatus.Unknown:
                    if (attempt == MaxTries)
                        throw new StorageUnavailableException($"Replacing the head of {partition}: {outcome}");
                    await Task.Delay(context.Entropy.Jitter(TimeSpan.FromMilliseconds(20 << attempt)), context.Time);
                    break;
                default:
                    throw new InvalidOperationException(outcome.ToString());
            }
        }
    }

    /// <summary>The chain row at one base, if it counts under this head (R3), which was read before; null: there is none.</summary>
    public async ValueTask<ChainSegmentRow?> ReadSegmentAsync(PartitionHeadRow head, long baseOffset)
    {
        if (baseOffset >= head.Active.BaseOffset)
            return null;
        var outcome = await context.Backend.ReadRowAsync(
            StorageLayout.PartitionsTable, new RowAddress(_partitionKey, StorageLayout.SegmentRowKey(baseOffset)), CancellationToken.None);
        return outcome.Status switch
        {
            OutcomeStatus.Done => ChainSegmentRow.Decode(outcome.Value),
            OutcomeStatus.Missing => null,
            OutcomeStatus.ConditionFailed or OutcomeStatus.Throttled or OutcomeStatus.Unknown => throw new StorageUnavailableException($"Reading the chain of {partition}: {outcome}"),
            _ => throw new InvalidOperationException(outcome.ToString()),
        };
    }

    /// <summary>
    /// Puts a row in the place of the one at its base, and the head in its own place under its ETag, in one transaction (R1). False: refused, the head has
    /// moved on. Throws <see cref="StorageUnavailableException"/> when the outcome is not known; reading the row settles it.
    /// </summary>
    public async ValueTask<bool> ReplaceSegmentAsync(PartitionHeadRow head, ETag etag, ChainSegmentRow replacement)
    {
        var batch = new RowBatch(_partitionKey);
        if (context.Rules.ReplaceHeadWithChain)
            batch.Replace(StorageLayout.HeadRowKey, head.Encode(), etag);
        batch.Replace(StorageLayout.SegmentRowKey(replacement.BaseOffset), replacement.Encode(), null);
        var outcome = await context.Backend.CommitRowsAsync(StorageLayout.PartitionsTable, batch, CancellationToken.None);
        return outcome.Status switch
        {
            OutcomeStatus.Done => true,
            OutcomeStatus.ConditionFailed or OutcomeStatus.Missing => false,
            OutcomeStatus.Throttled or OutcomeStatus.Unknown => throw new StorageUnavailableException($"Replacing a segment of {partition}: {outcome}"),
            _ => throw new InvalidOperationException(outcome.ToString()),
        };
    }

    /// <summary>Gives a partition its first head. Answers false if it has one (perhaps ours, from a lost reply): read it.</summary>
    public async ValueTask<bool> InsertHeadAsync(PartitionHeadRow head)
    {
        var batch = new RowBatch(_partitionKey).Insert(StorageLayout.HeadRowKey, head.Encode());
        for (var attempt = 1; ; attempt++)
        {
            var outcome = await context.Backend.CommitRowsAsync(StorageLayout.PartitionsTable, batch, CancellationToken.None);
            if (outcome.IsDone)
                return true;
            if (outcome.Failed(ConditionFailure.Exists))
                return false;
            if (attempt == MaxTries)
                throw new StorageUnavailableException($"Inserting the head of {partition}: {outcome}");
            await Task.Delay(context.Entropy.Jitter(TimeSpan.FromMilliseconds(20 << attempt)), context.Time);
        }
    }

    /// <summary>What R3 forbids: see <see cref="ProtocolRules.HeadBeforeChain"/>.</summary>
    private async ValueTask<SegmentChain?> ReadChainBeforeHeadAsync()
    {
        var boundless = PartitionHeadRow.Unborn(PartitionState.Open) with { Active = new ActiveSegmentRef(default, long.MaxValue, 0) };
        var chain = await ReadSegmentsAsync(boundless, default);
        return await ReadHeadAsync() is var (head, etag) ? chain with { Head = head, ETag = etag } : null;
    }

    private async ValueTask<SegmentChain> ReadSegmentsAsync(PartitionHeadRow head, ETag etag)
    {
        var segments = new List<ChainSegmentRow>();
        var changedAt = new Dictionary<long, DateTimeOffset>();
        var chain = new SegmentChain(head, etag, segments) { ChangedAt = changedAt };
        if (head.Active.BaseOffset == 0)
            return chain;
        var query = new RowQuery(_partitionKey, StorageLayout.SegmentRowKeyPrefix, StorageLayout.SegmentRowKey(head.Active.BaseOffset));
        while (true)
        {
            var outcome = await context.Backend.QueryRowsAsync(StorageLayout.PartitionsTable, query, CancellationToken.None);
            if (!outcome.IsDone)
                throw new StorageUnavailableException($"Reading the chain of {partition}: {outcome}");
            foreach (var row in outcome.Value.Rows)
            {
                var segment = ChainSegmentRow.Decode(row);
                segments.Add(segment);
                if (segment.DeadBlob is not null || segment.MaxTimestamp < 0)
                    changedAt.Add(segment.BaseOffset, row.Timestamp);
            }

            if (outcome.Value.Continuation is null)
                return chain;
            query = query with { Continuation = outcome.Value.Continuation };
        }
    }
}

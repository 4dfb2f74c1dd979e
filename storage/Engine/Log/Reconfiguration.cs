using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Seal, then chain: the one procedure that ends a segment and begins the next. Any instance may begin it and any may finish it for another; the compare-and-set on
/// the head decides whose successor counts, and what the losers prepared is never named by any chain.
/// </summary>
internal sealed class Reconfiguration(PartitionContext context, TopicPartition partition, LogTail tail, ChainStore store)
{
    private const int MaxTries = 8;

    private readonly DueWork _due = new(context);

    /// <summary>Makes the partition's first segment and head, and has the housekeeping look at it once it is old. Whoever loses the race for the head reads the winner's.</summary>
    public async ValueTask CreateFirstAsync(TopicConfig config)
    {
        var reference = new ActiveSegmentRef(new SegmentId(context.Entropy.NextGuid()), 0, context.Time.GetUtcNow().ToUnixTimeMilliseconds());
        await _due.AnnounceAsync(MaintenancePlan.FirstLookAt(reference.CreatedAt, config), partition);
        var head = new PartitionHeadRow(PartitionState.Open, 0, 0, [0], [0], reference, 0);
        await CreateSegmentAsync(head, SegmentId.None);
        await store.InsertHeadAsync(head);
        await tail.RefreshHeadAsync();
    }

    /// <summary>
    /// A planned roll. It begins only after a write to the head has just succeeded: were the tables down, a sealed segment would stop writers who could have gone on.
    /// False: not now, go on appending.
    /// </summary>
    public async ValueTask<bool> RollAsync()
    {
        var chain = tail.Chain!;
        SegmentChain? touched;
        try
        {
            touched = await store.ReplaceHeadAsync(chain, chain.Head, null);
        }
        catch (StorageUnavailableException)
        {
            tail.HeadIsStale = true;
            return false;
        }

        if (touched is null)
        {
            tail.HeadIsStale = true;
            return true;
        }

        await tail.AdoptAsync(touched);
        await SealAsync();
        await ChainNextAsync();
        return true;
    }

    /// <summary>
    /// The active segment is sealed. If the head still names it, waits about a second, so that whoever sealed it can finish, and then finishes for them (R9).
    /// </summary>
    public async ValueTask FinishAsync()
    {
        var ended = tail.Active!;
        if (!ended.SealedHere)
        {
            await tail.RefreshHeadAsync();
            if (tail.Active != ended)
                return;
            await Task.Delay(context.Entropy.Jitter(context.Options.HelpAfter), context.Time);
        }

        await tail.RefreshHeadAsync();
        if (tail.Active == ended && context.Rules.FinishReconfiguration)
            await ChainNextAsync();
    }

    /// <summary>Closes the active segment: once the seal stands, no writer that has read the tail appends again, and no call given up on can land.</summary>
    private async ValueTask SealAsync()
    {
        var active = tail.Active!;
        if (!context.Rules.SealBeforeChain)
            return;
        for (var attempt = 1; !active.IsSealed; attempt++)
        {
            var seal = new SealFrame(active.Segment, active.Position, active.NextOffset);
            var outcome = await context.Backend.AppendAsync(active.Blob, active.Position, seal.ToArray(), CancellationToken.None);
            switch (outcome.Status)
            {
                case OutcomeStatus.Done:
                    active.Seal();
                    active.SealedHere = true;
                    return;
                case OutcomeStatus.Missing:
                    throw new BlobMissingException(active.Blob);
                case OutcomeStatus.ConditionFailed:
                case OutcomeStatus.Throttled:
                case OutcomeStatus.Unknown:
                default:
                    // A writer was faster, or our seal stands and the reply was lost: look, and try again behind what is there.
                    if (attempt >= MaxTries && outcome.Status != OutcomeStatus.ConditionFailed)
                        throw new StorageUnavailableException($"Sealing {active.Blob}: {outcome}");
                    if (outcome.Status != OutcomeStatus.ConditionFailed)
                        await Task.Delay(context.Entropy.Jitter(TimeSpan.FromMilliseconds(10 << Math.Min(attempt, 6))), context.Time);
                    await tail.ReadTailAsync();
                    if (outcome.Failed(ConditionFailure.BlockCount))
                        CloseAtBlockLimit(active, outcome);
                    break;
            }
        }
    }

    /// <summary>R12: nothing can ever be appended to it, so it is sealed where it ends, without a seal.</summary>
    private void CloseAtBlockLimit(ActiveSegment active, Outcome<long> outcome)
    {
        if (!context.Rules.BlockLimitIsSeal)
            throw new StorageUnavailableException($"Sealing {active.Blob}: {outcome}");
        active.Seal();
    }

    /// <summary>Everything in the active segment has been read up to where it was closed: that is its end. Creates the successor and puts both into the chain at once.</summary>
    private async ValueTask ChainNextAsync()
    {
        var chain = tail.Chain!;
        var ended = tail.Active!;
        if (!ended.IsEmpty)
            await _due.AnnounceAsync(_due.AtOnce, partition);
        var next = new ActiveSegmentRef(new SegmentId(context.Entropy.NextGuid()), ended.NextOffset, context.Time.GetUtcNow().ToUnixTimeMilliseconds());
        next = next with { ProducersBlob = ended.IsEmpty ? ended.ProducersBlob : await WriteProducersAsync(next, ended.Producers) };
        var head = chain.Head with { Active = next };
        await CreateSegmentAsync(head, ended.Segment);
        var row = ended.IsEmpty && context.Rules.SkipEmptySegments
            ? null
            : new ChainSegmentRow(ended.Segment, ended.BaseOffset, ended.NextOffset, ended.Position, ended.MaxTimestamp, chain.Head.LeaderEpoch, ended.Blob)
            {
                ProducersBlob = ended.ProducersBlob,
                CreatedAt = ended.CreatedAt,
            };
        var chained = await store.ReplaceHeadAsync(chain, head, row);
        if (chained is null)
            await tail.RefreshHeadAsync();
        else
            await tail.AdoptAsync(chained);
    }

    /// <summary>The producer state at the new segment's base, stored before anything names it. Null when there are no producers to remember.</summary>
    private async ValueTask<string?> WriteProducersAsync(ActiveSegmentRef next, ProducerState producers)
    {
        producers.Expire();
        if (producers.Count == 0)
            return null;
        var blob = StorageLayout.ProducersBlob(partition, next.BaseOffset, next.Segment);
        var bytes = producers.Encode();
        await InsistAsync(blob, async () => (await context.Backend.PutBlobAsync(blob, bytes, CancellationToken.None)) is var outcome && outcome.IsDone
            ? Outcome.Done()
            : outcome.Failed(ConditionFailure.Exists) ? Outcome.Done() : outcome.As<Nothing>());
        return blob;
    }

    /// <summary>
    /// The blob with its header frame. Its name is ours alone, so what exists there already came from our own lost reply.
    /// </summary>
    private async ValueTask CreateSegmentAsync(PartitionHeadRow head, SegmentId predecessor)
    {
        var reference = head.Active;
        var blob = StorageLayout.LogBlob(partition, reference.BaseOffset, reference.Segment);
        await InsistAsync(blob, async () => (await context.Backend.CreateAppendBlobAsync(blob, CancellationToken.None)) is var outcome && outcome.IsDone
            ? outcome
            : outcome.Failed(ConditionFailure.Exists) ? Outcome.Done() : outcome);
        var frame = new SegmentHeaderFrame(partition, reference.Segment, reference.BaseOffset, head.LeaderEpoch, predecessor, reference.CreatedAt).ToArray();
        await InsistAsync(blob, async () => (await context.Backend.AppendAsync(blob, 0, frame, CancellationToken.None)) is var outcome && outcome.IsDone
            ? Outcome.Done()
            : outcome.Failed(ConditionFailure.AppendPosition) ? Outcome.Done() : outcome.As<Nothing>());
    }

    private async ValueTask InsistAsync(string blob, Func<ValueTask<Outcome<Nothing>>> attempt)
    {
        for (var tries = 1; ; tries++)
        {
            var outcome = await attempt();
            if (outcome.IsDone)
                return;
            if (tries == MaxTries)
                throw new StorageUnavailableException($"Creating {blob}: {outcome}");
            await Task.Delay(context.Entropy.Jitter(TimeSpan.FromMilliseconds(10 << Math.Min(tries, 6))), context.Time);
        }
    }
}

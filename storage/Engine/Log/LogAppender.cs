using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Carries one block of requests into the log: finds the active segment and its end, sets offsets, appends at that position, and settles by reading whatever the answer
/// leaves open. Runs inside the partition's writer loop.
/// </summary>
internal sealed class LogAppender(PartitionContext context, TopicPartition partition, LogTail tail, Reconfiguration reconfiguration)
{
    /// <summary>A turn that never seems to come is taken after so many looks.</summary>
    private const int LooksForTurn = 4;

    private readonly AppendResolution _resolution = new(context.Rules);
    private readonly CheckpointWriter _checkpoints = new(context, partition);
    private readonly AppendTurns _turns = new(context.Time);
    private readonly List<PendingAppend> _later = [];
    private ProducerIdentity _producer = ProducerIdentity.None;
    private int _sequence;
    private SegmentId _missing;
    private long _rollAgainAt;

    /// <summary>Hooks the resolution to what is read at the tail.</summary>
    public void Attach() => tail.BatchRead = (segment, batch) =>
    {
        _resolution.Saw(segment, batch);
        if (InstanceProducer.Is(batch.Producer.Id))
            _turns.Saw(batch.Producer.Id);
    };

    /// <summary>
    /// While other instances append here too: waits until it is this one's turn, and reads what they wrote. What comes meanwhile goes into the block, so it is to be taken afterwards.
    /// </summary>
    public async ValueTask TakeTurnAsync(Action published)
    {
        var isLate = false;
        for (var looks = 0; looks < LooksForTurn && !tail.HeadIsStale && _turns.Wait() is { } wait; looks++)
        {
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, context.Time);
            var position = tail.Active!.Position;
            var startedAt = context.Time.GetTimestamp();
            try
            {
                await tail.ReadTailAsync();
            }
            catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException or BlobMissingException)
            {
                // The append itself will meet it, and knows what to do.
                tail.TailIsStale = true;
                return;
            }

            _turns.Looked(context.Time.GetElapsedTime(startedAt));
            published();

            if (tail.Active!.IsSealed || _turns.Wait() is not { } more)
                return;
            if (tail.Active.Position > position)
            {
                if (more <= TimeSpan.Zero && _turns.IsNext)
                    return;
                isLate = false;
                continue;
            }

            // Nothing new. Whoever was waited for may take longer than usual; the second time he has nothing to append.
            if (_turns.IsNext || isLate)
                return;
            isLate = true;
            await Task.Delay(_turns.Turn, context.Time);
        }
    }

    /// <summary>
    /// Returns when every request of the block is answered. <paramref name="published"/> is called whenever readers can see more.
    /// Throws only what stops the whole partition; the caller then answers what is not answered yet.
    /// </summary>
    public async ValueTask AppendAsync(IReadOnlyList<PendingAppend> block, TopicConfig config, Action published)
    {
        while (block.Count > 0)
        {
            _later.Clear();
            _resolution.Begin(block);
            try
            {
                await AppendRoundAsync(config, published);
            }
            finally
            {
                _resolution.Begin([]);
                tail.HasUnsettled = false;
            }

            block = [.. _later];
        }
    }

    private async ValueTask AppendRoundAsync(TopicConfig config, Action published)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await PrepareAsync(config, published);
                if (_resolution.Block.Count == 0)
                    return;
                await StampAsync(config);
                await TryOnceAsync(published);
                if (_resolution.Block.Count == 0)
                    return;
            }
            catch (StorageUnavailableException e)
            {
                tail.HeadIsStale = true;
                tail.TailIsStale = true;
                Blame(e.Message);
            }
            catch (StorageRefusedException e)
            {
                tail.HeadIsStale = true;
                Blame(e.Message);
            }
            catch (BlobMissingException e)
            {
                FoundMissing(e.Blob);
                Blame(e.Message);
            }

            _resolution.DropAnswered();
            if (_resolution.Block.Count == 0)
                return;
            await Task.Delay(Backoff(attempt), context.Time);
            await TakeTurnAsync(published);
        }
    }

    /// <summary>Until the head is fresh, the tail is read, the segment is open, and what was unknown is settled as far as it can be.</summary>
    private async ValueTask PrepareAsync(TopicConfig config, Action published)
    {
        var isFresh = false;
        while (true)
        {
            tail.HasUnsettled = _resolution.HasUnsettled;
            if (tail.HeadIsStale || tail.HeadIsOld)
                await tail.RefreshHeadAsync();
            if (tail.Chain is null)
            {
                await reconfiguration.CreateFirstAsync(config);
                continue;
            }

            if (tail.TailIsStale)
                await ReadTailAsync();
            published();
            _resolution.Settle(tail);
            if (_resolution.Block.Count == 0)
                return;
            tail.HasUnsettled = _resolution.HasUnsettled;
            if (tail.Active!.IsSealed)
            {
                await reconfiguration.FinishAsync();
                if (tail.Active.IsSealed && !context.Rules.FinishReconfiguration)
                    throw new StorageUnavailableException("Waiting for somebody else to finish a roll.");
                continue;
            }

            if (await RollIfDueAsync(config))
                continue;
            if (_resolution.Pass(tail.Active.Producers, _later, isFresh))
                return;
            tail.HeadIsStale = true;
            tail.TailIsStale = true;
            isFresh = true;
        }
    }

    private async ValueTask ReadTailAsync()
    {
        try
        {
            await tail.ReadTailAsync();
        }
        catch (BlobMissingException e)
        {
            FoundMissing(e.Blob);
            await tail.RefreshHeadAsync();
        }
    }

    /// <summary>The head names a blob that is not there: an old view, unless it says so again after the head was read.</summary>
    private void FoundMissing(string blob)
    {
        var segment = tail.Active!.Segment;
        if (_missing == segment && !tail.HeadIsStale)
            throw new PartitionBrokenException($"Blob {blob}, which the head of {partition} names, does not exist.");
        _missing = segment;
        tail.HeadIsStale = true;
    }

    private async ValueTask<bool> RollIfDueAsync(TopicConfig config)
    {
        var now = context.Time.GetUtcNow();
        if (!SegmentRoll.IsDue(tail.Active!, config, context.Options.MaxSegmentBlocks, now) || context.Time.GetTimestamp() < _rollAgainAt)
            return false;
        if (await reconfiguration.RollAsync())
            return true;
        _rollAgainAt = context.Time.GetTimestamp() + context.Time.TimestampFrequency;
        return false;
    }

    /// <summary>R6: each batch without a producer gets this partition log's producer id and the next sequence, once; its CRC is computed again.</summary>
    private async ValueTask StampAsync(TopicConfig config)
    {
        if (_producer.IsNone)
            _producer = new ProducerIdentity(InstanceProducer.Of(await context.NextProducerId(CancellationToken.None)), 0);
        foreach (var append in _resolution.Block)
        {
            if (append.IsStamped)
                continue;
            var appendTime = config.TimestampType == TimestampType.LogAppendTime ? context.Time.GetUtcNow().ToUnixTimeMilliseconds() : -1;
            for (var i = 0; i < append.Headers.Length; i++)
            {
                var batch = append.Batches[i].Span;
                if (InstanceProducer.IsAnonymous(append.Headers[i]) && context.Rules.StampIdentity)
                {
                    RecordBatchPatch.SetIdentity(batch, new BatchIdentity(_producer, _sequence));
                    _sequence = BatchIdentity.Advance(_sequence, append.Headers[i].RecordCount);
                }

                if (appendTime >= 0)
                    RecordBatchPatch.SetAppendTime(batch, appendTime);
                RecordBatchPatch.SealCrc(batch);
                RecordBatchHeader.TryRead(batch, out append.Headers[i]);
            }

            append.AppendTime = appendTime;
            append.IsStamped = true;
        }
    }

    /// <summary>One append of the whole block at the known end.</summary>
    private async ValueTask TryOnceAsync(Action published)
    {
        if (!_resolution.BeginTry())
            return;
        var active = tail.Active!;
        var placed = Place(active.NextOffset, tail.Chain!.Head.LeaderEpoch, out var content);
        var startedAt = context.Time.GetTimestamp();
        _resolution.Tried(active.Segment, active.BaseOffset, active.Position);
        Outcome<long> outcome;
        try
        {
            outcome = await context.Backend.AppendAsync(active.Blob, active.Position, content, CancellationToken.None);
        }
        catch (StorageRefusedException)
        {
            _resolution.RefuteTry();
            throw;
        }

        switch (outcome.Status)
        {
            case OutcomeStatus.Done:
                if (outcome.Value != active.Position + content.Length)
                    throw new PartitionBrokenException($"Segment {active.Blob} ends at {outcome.Value} after an append at {active.Position} of {content.Length} bytes.");
                tail.Appended(placed, content, startedAt);
                _turns.Appended(_producer.Id, context.Time.GetElapsedTime(startedAt));
                Measure(placed, content.Length);
                _checkpoints.WriteIfDue(active);
                published();
                Succeed();
                return;
            case OutcomeStatus.ConditionFailed when outcome.Failure == ConditionFailure.BlockCount && context.Rules.BlockLimitIsSeal:
                _resolution.RefuteTry();
                await tail.ReadTailAsync();
                active.Seal();
                break;
            case OutcomeStatus.ConditionFailed:
                _resolution.RefuteTry();
                _turns.Refused();
                tail.TailIsStale = true;
                break;
            case OutcomeStatus.Missing:
                _resolution.RefuteTry();
                FoundMissing(active.Blob);
                break;
            case OutcomeStatus.Throttled:
            case OutcomeStatus.Unknown:
            default:
                tail.TailIsStale = true;
                tail.HeadIsStale = true;
                break;
        }

        context.Meter?.AppendFailed(partition.Topic, outcome.Failed(ConditionFailure.AppendPosition) ? "position" : StorageMeter.NameOf(outcome.Status));
        Blame(outcome.ToString());
    }

    private void Measure(List<RecordBatchHeader> placed, int bytes)
    {
        if (context.Meter is not { } meter)
            return;
        var records = 0L;
        foreach (var batch in placed)
            records += batch.RecordCount;
        meter.Appended(partition.Topic, _resolution.Block.Count, records, bytes);
    }

    /// <summary>If its time runs out now, this is what the caller is told.</summary>
    private void Blame(string why)
    {
        foreach (var append in _resolution.Block)
            append.Obstacle = why;
    }

    /// <summary>
    /// Sets base offsets and epoch, and puts the block together in memory of its own: a try that was given up on may still be reading the last one. A single batch that was never
    /// tried goes out as it came.
    /// </summary>
    private List<RecordBatchHeader> Place(long nextOffset, int leaderEpoch, out ReadOnlyMemory<byte> content)
    {
        var placed = new List<RecordBatchHeader>(_resolution.Block.Count);
        if (_resolution.Block is [{ WasTried: false, Batches: [var only] } single])
        {
            RecordBatchPatch.Place(only.Span, nextOffset, leaderEpoch);
            single.Headers[0] = single.Headers[0] with { BaseOffset = nextOffset, LeaderEpoch = leaderEpoch };
            placed.Add(single.Headers[0]);
            content = only;
            return placed;
        }

        var block = GC.AllocateUninitializedArray<byte>(_resolution.Block.Sum(append => append.Batches.Sum(batch => batch.Length)));
        var at = 0;
        foreach (var append in _resolution.Block)
        {
            for (var i = 0; i < append.Headers.Length; i++)
            {
                var batch = block.AsSpan(at, append.Batches[i].Length);
                append.Batches[i].Span.CopyTo(batch);
                RecordBatchPatch.Place(batch, nextOffset, leaderEpoch);
                append.Headers[i] = append.Headers[i] with { BaseOffset = nextOffset, LeaderEpoch = leaderEpoch };
                placed.Add(append.Headers[i]);
                nextOffset = append.Headers[i].NextOffset;
                at += batch.Length;
            }
        }

        content = block;
        return placed;
    }

    private void Succeed()
    {
        foreach (var append in _resolution.Block)
            append.Succeed(append.Headers[0].BaseOffset);
        _resolution.Begin([]);
    }

    private TimeSpan Backoff(int attempt) => tail.HeadIsStale
        ? context.Entropy.Jitter(TimeSpan.FromMilliseconds(Math.Min(1000, 10 << Math.Min(attempt, 7))))
        : context.Entropy.Jitter(TimeSpan.FromMilliseconds(Math.Min(20, attempt)));
}

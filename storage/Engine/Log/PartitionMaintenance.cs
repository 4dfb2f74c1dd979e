using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// One look at one partition: reads the chain, asks <see cref="MaintenancePlan"/> what to do next, does it, and so on until nothing is due. Any instance may do
/// it, at any time, and several at once: every change is one that the head's ETag decides on, and every deletion is of something that nothing can name any
/// more. Made for one look.
/// </summary>
internal sealed class PartitionMaintenance
{
    private const int MaxSteps = 300;
    private const int PageBlobs = 256;

    private readonly PartitionContext _context;
    private readonly TopicPartition _partition;
    private readonly TopicConfig _config;
    private readonly ServiceClock _clock;
    private readonly ChainStore _store;
    private readonly LogTail _tail;
    private readonly Reconfiguration _reconfiguration;
    private readonly OrphanSweep _orphans;
    private readonly BlobDisposal _disposal;
    private MaintenanceProgress _progress = new();

    public PartitionMaintenance(PartitionContext context, TopicPartition partition, TopicConfig config, ServiceClock clock)
    {
        _context = context;
        _partition = partition;
        _config = config;
        _clock = clock;
        _store = new ChainStore(context, partition);
        _tail = new LogTail(context, partition, _store);
        _reconfiguration = new Reconfiguration(context, partition, _tail, _store);
        _orphans = new OrphanSweep(context, partition, _store);
        _disposal = new BlobDisposal(context);
    }

    /// <summary>
    /// When to look again, in ms since 1970; null: never, the partition is deleted. Throws what kept it from being finished; what was done by then stands, and
    /// whoever looks next goes on from there. When <paramref name="isOver"/> says so no other step is begun.
    /// </summary>
    public async ValueTask<long?> RunAsync(Func<bool> isOver)
    {
        var chain = await _store.ReadAsync();
        for (var steps = 0; ; steps++)
        {
            if (chain is { Head.State: PartitionState.Deleting })
                return null;
            var plan = new MaintenancePlan(_partition, _config, _clock.Now);
            if (chain is null)
                return plan.NextLookAt(null, _progress);
            var step = plan.Next(chain, _progress);
            if (step.Kind == MaintenanceKind.None)
                return plan.NextLookAt(chain, _progress);
            if (steps == MaxSteps || (steps > 0 && isOver()))
                return new DueWork(_context).AtOnce;
            chain = await TakeAsync(step, chain, isOver) ?? await _store.ReadAsync();
        }
    }

    /// <summary>The chain after the step; null: to be read.</summary>
    private async ValueTask<SegmentChain?> TakeAsync(MaintenanceStep step, SegmentChain chain, Func<bool> isOver)
    {
        switch (step.Kind)
        {
            case MaintenanceKind.ExamineActive:
                return await ExamineAsync(chain);
            case MaintenanceKind.RollActive:
                await RollAsync();
                return null;
            case MaintenanceKind.AdvanceLogStart:
                return await _store.ReplaceHeadAsync(chain, chain.Head with { LogStartOffset = step.Offset }, null);
            case MaintenanceKind.RemoveSegments:
                return await _store.RemoveOldestAsync(chain, step.Segments.Count);
            case MaintenanceKind.FreeBlobs:
                await FreeAsync(step.Offset);
                return chain;
            case MaintenanceKind.Compact:
                Compacted(await new LogCompaction(_context, _partition, _config).CompactAsync(chain, _clock.Now, isOver));
                return null;
            case MaintenanceKind.DropTombstones:
                Compacted(await new LogCompaction(_context, _partition, _config).DropTombstonesAsync(chain, _clock.Now, isOver));
                return null;
            case MaintenanceKind.Rewrite:
                await RewriteAsync(step.Segments[0]);
                return null;
            case MaintenanceKind.DropDead:
                return await DropDeadAsync(chain, step.Segments);
            case MaintenanceKind.SweepOrphans:
                return await _orphans.SweepAsync(chain, _clock.Now);
            case MaintenanceKind.None:
            default:
                throw new InvalidOperationException(step.ToString());
        }
    }

    /// <summary>One operation if it is empty; otherwise as many as opening the partition takes.</summary>
    private async ValueTask<SegmentChain?> ExamineAsync(SegmentChain chain)
    {
        var active = chain.Head.Active;
        var blob = StorageLayout.LogBlob(_partition, active.BaseOffset, active.Segment);
        var found = await _context.Backend.GetBlobAsync(blob, CancellationToken.None);
        if (found.IsDone && found.Value.Length <= SegmentHeaderFrame.Size)
        {
            _progress = _progress with { Examined = active.Segment, IsEmpty = true, IsSealed = false };
            return chain;
        }

        await _tail.RefreshHeadAsync();
        await _tail.ReadTailAsync();
        if (_tail.Active is { } read)
            _progress = _progress with { Examined = read.Segment, IsEmpty = read.IsEmpty, IsSealed = read.IsSealed, NewestTimestamp = read.MaxTimestamp };
        return _tail.Chain;
    }

    /// <summary>As any other instance would that met the segment while it appends.</summary>
    private async ValueTask RollAsync()
    {
        if (_progress.IsSealed)
            await _reconfiguration.FinishAsync();
        else if (!await _reconfiguration.RollAsync())
            throw new StorageUnavailableException($"The active segment of {_partition} could not be rolled.");
        _progress = _progress with { Examined = default };
    }

    /// <summary>
    /// No proposal can name a blob of an offset below the chain's first: who proposed it read a head that has been replaced since, and who reads the head now
    /// proposes nothing there. Names sort by offset, so they are the first of the list. Found by listing and not by memory, so that it does not matter who died
    /// before having deleted them.
    /// </summary>
    private async ValueTask FreeAsync(long belowOffset)
    {
        string? continuation = null;
        do
        {
            var page = await _context.Backend.ReadPageAsync(StorageLayout.BlobPrefix(_partition), continuation, PageBlobs);
            var below = page.Blobs.Where(blob => StorageLayout.TryParseBaseOffset(blob.Name, _partition, out var offset) && offset < belowOffset).ToList();
            if (!await _disposal.DeleteAsync(below))
                _progress = _progress with { IsHeldUp = true };
            if (below.Count < page.Blobs.Count)
                break;
            continuation = page.Continuation;
        }
        while (continuation is not null);

        _progress = _progress with { FreedBelow = belowOffset };
    }

    private async ValueTask RewriteAsync(ChainSegmentRow segment)
    {
        var result = await new SegmentRewriter(_context, _partition).RewriteAsync(segment, CancellationToken.None);
        if (result.Outcome is RewriteOutcome.Replaced or RewriteOutcome.Overtaken)
            return;
        NoteFailure(result);
        _progress = _progress with { NotRewritten = [.. _progress.NotRewritten, segment.Segment] };
    }

    /// <summary>Whoever was faster is left to it: two that go on side by side would only do everything twice.</summary>
    private void Compacted(RewriteResult result)
    {
        if (result.Outcome == RewriteOutcome.Replaced)
            return;
        NoteFailure(result);
        _progress = _progress with { IsNotCompacted = true };
    }

    private void NoteFailure(RewriteResult result)
    {
        switch (result.Outcome)
        {
            case RewriteOutcome.SourceDamaged:
                Log.Damaged(_context.Logger, _partition, result.Detail);
                return;
            case RewriteOutcome.Overtaken:
            case RewriteOutcome.CopyDamaged:
            case RewriteOutcome.Unavailable:
                Log.LookFailed(_context.Logger, _partition, result.Detail);
                _progress = _progress with { IsHeldUp = true };
                return;
            case RewriteOutcome.Replaced:
            default:
                throw new InvalidOperationException(result.ToString());
        }
    }

    private async ValueTask<SegmentChain?> DropDeadAsync(SegmentChain chain, IReadOnlyList<ChainSegmentRow> segments)
    {
        foreach (var segment in segments)
        {
            foreach (var blob in segment.DeadBlobs)
            {
                if (!await _disposal.DeleteAsync(blob))
                    throw new StorageUnavailableException($"{blob} was changed while it was being deleted.");
            }
        }

        return await _store.ReplaceSegmentsAsync(chain, [.. segments.Select(segment => segment with { DeadBlob = null, DeadBytes = 0 })]);
    }
}

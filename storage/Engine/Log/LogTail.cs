using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// The writer loop's knowledge of one partition: the chain as of the last look at the head, and the active segment up to a position. Follows what other instances
/// do, by reading. Not safe for concurrent use: one loop owns it.
/// </summary>
internal sealed class LogTail(PartitionContext context, TopicPartition partition, ChainStore store)
{
    private const int FirstReadBytes = 64 * 1024;
    private const int NextReadBytes = 4 * 1024 * 1024;

    private readonly SegmentOpening _opening = new(context, partition, store);
    private bool _headIsStale = true;
    private long _startsAt;
    private long _headReadAt;
    private long _tailReadAt;
    private long? _appendedAt;

    public SegmentChain? Chain { get; private set; }

    public ActiveSegment? Active { get; private set; }

    /// <summary>The head must be read again before anything is built on it (R10: after any error).</summary>
    public bool HeadIsStale
    {
        get => _headIsStale && (context.Rules.RereadHead || Chain is null);
        set => _headIsStale = value;
    }

    /// <summary>Something may stand beyond the known position.</summary>
    public bool TailIsStale { get; set; } = true;

    /// <summary>Told of each batch of each segment as it is read: how an append with an unknown outcome finds out that it stands.</summary>
    public Action<SegmentId, RecordBatchHeader>? BatchRead { get; set; }

    /// <summary>An append to the active segment is not settled yet: before the segment is left, it is read to its end.</summary>
    public bool HasUnsettled { get; set; }

    /// <summary>A segment that was gone before it could be read to its end: what was tried in it stays unknown for ever.</summary>
    public SegmentId Unreadable { get; private set; }

    public bool HeadIsOld => context.Rules.RereadHead && context.Time.GetElapsedTime(_headReadAt) >= context.Options.HeadMaxAge;

    /// <summary>How long ago the tail was known to be the tail: read to its end, or appended at its end.</summary>
    public TimeSpan TailAge => TailIsStale || HeadIsStale ? TimeSpan.MaxValue : context.Time.GetElapsedTime(_tailReadAt);

    /// <summary>How long ago this instance appended here itself, and so knew the tail without reading.</summary>
    public TimeSpan AppendAge => _appendedAt is { } at && !TailIsStale && !HeadIsStale ? context.Time.GetElapsedTime(at) : TimeSpan.MaxValue;

    public LogView View => Chain is null ? LogView.Unborn : new LogView(Chain, Active?.Extent, _startsAt);

    /// <summary>The log start has been advanced at least to here: known from having done it, before any reading says so.</summary>
    public void LearnStart(long startsAt) => _startsAt = Math.Max(_startsAt, startsAt);

    /// <summary>Reads the head, and the chain if it changed. Goes over to the segment that it names. Two operations at most when nothing changed but the head.</summary>
    public async ValueTask RefreshHeadAsync()
    {
        var asked = context.Time.GetTimestamp();
        var chain = Chain;
        if (chain is null || await store.ReadHeadAsync() is not var (head, etag) || etag != chain.ETag || head.State != PartitionState.Open)
            chain = await store.ReadAsync();
        await AdoptAsync(chain);
        _headReadAt = asked;
        HeadIsStale = false;
    }

    /// <summary>Takes a chain that was just read or written as the current one.</summary>
    public async ValueTask AdoptAsync(SegmentChain? chain)
    {
        if (chain is null)
        {
            if (Chain is not null)
                throw new PartitionBrokenException($"The head of {partition} has disappeared from the tables.");
            return;
        }

        if (chain.Head.State == PartitionState.Deleting)
            throw new PartitionGoneException($"Partition {partition.Partition} of topic id {partition.Topic} is deleted.");
        if (Active?.Segment != chain.Head.Active.Segment)
        {
            if (Active is not null)
                await LeaveAsync(Active);
            Active = await _opening.OpenAsync(chain.Head.Active, Active);
            TailIsStale = true;
        }

        Chain = chain;
    }

    /// <summary>
    /// Reads the active segment from the known position to its end. One operation when nothing new, or little, stands there.
    /// </summary>
    public async ValueTask ReadTailAsync()
    {
        if (Active is not { } active)
            return;
        var asked = context.Time.GetTimestamp();
        await ReadToEndAsync(active);
        _tailReadAt = asked;
        TailIsStale = false;
    }

    /// <summary>Our own append has succeeded at the known position: nothing else stands there. The content is not changed any more.</summary>
    public void Appended(IReadOnlyList<RecordBatchHeader> batches, ReadOnlyMemory<byte> content, long startedAt)
    {
        context.Cache.Add(Active!.Blob, Active.Position, content);
        foreach (var batch in batches)
            Active.Apply(batch);
        Active.OwnBlocks++;
        _tailReadAt = startedAt;
        _appendedAt = startedAt;
    }

    private async ValueTask LeaveAsync(ActiveSegment active)
    {
        // What is not settled yet must be found before the segment is out of sight: up to its seal, or all there is.
        if (HasUnsettled && !active.IsSealed)
        {
            try
            {
                await ReadToEndAsync(active);
            }
            catch (BlobMissingException)
            {
                Unreadable = active.Segment;
            }
        }
    }

    private async ValueTask ReadToEndAsync(ActiveSegment active)
    {
        var count = FirstReadBytes;
        while (!active.IsSealed)
        {
            var outcome = await context.Backend.ReadRangeAsync(active.Blob, active.Position, count, CancellationToken.None);
            switch (outcome.Status)
            {
                case OutcomeStatus.Done:
                    break;
                case OutcomeStatus.Missing:
                    throw new BlobMissingException(active.Blob);
                case OutcomeStatus.ConditionFailed:
                case OutcomeStatus.Throttled:
                case OutcomeStatus.Unknown:
                default:
                    throw new StorageUnavailableException($"Reading the tail of {partition}: {outcome}");
            }

            var content = outcome.Value.Content;
            var wanted = TakeIn(active, content);
            if (active.Position >= outcome.Value.BlobLength || active.IsSealed)
                return;
            if (wanted > 0 && content.Length < count)
                throw new PartitionBrokenException($"Segment {active.Blob} ends within the frame that begins at position {active.Position}.");
            count = Math.Max(wanted, NextReadBytes);
        }
    }

    /// <summary>Takes in all whole frames. Answers how many bytes the last, incomplete one needs (0: none is begun).</summary>
    private int TakeIn(ActiveSegment active, ReadOnlyMemory<byte> content)
    {
        var start = active.Position;
        var taken = 0;
        var wanted = 0;
        while (taken < content.Length && !active.IsSealed && wanted == 0)
        {
            var frame = SegmentFrame.Read(content.Span[taken..]);
            switch (frame.Kind)
            {
                case FrameKind.Incomplete:
                    wanted = Math.Max(frame.Length, RecordBatchHeader.Size);
                    break;
                case FrameKind.Header:
                    PassHeader(active, content.Span[taken..]);
                    taken += frame.Length;
                    break;
                case FrameKind.Batch:
                    active.Apply(frame.Batch);
                    BatchRead?.Invoke(active.Segment, frame.Batch);
                    taken += frame.Length;
                    break;
                case FrameKind.Seal:
                    PassSeal(active, content.Span[taken..]);
                    break;
                case FrameKind.Corrupt:
                default:
                    throw new PartitionBrokenException($"Segment {active.Blob} is damaged at position {active.Position} ({frame.Defect}).");
            }
        }

        if (taken > 0)
            context.Cache.Add(active.Blob, start, content[..taken]);
        if (!context.Rules.SealAtFrameBoundary && content.Span.IndexOf(SealFrame.Marker) >= 0)
            active.Seal();
        return wanted;
    }

    private void PassHeader(ActiveSegment active, ReadOnlySpan<byte> bytes)
    {
        if (active.Position != 0 || !SegmentHeaderFrame.TryRead(bytes, out var header) || header.TopicPartition != partition
            || header.Segment != active.Segment || header.BaseOffset != active.BaseOffset)
            throw new PartitionBrokenException($"Segment {active.Blob} has a header that is not its own at position {active.Position}.");
        active.PassHeader();
    }

    /// <summary>A seal counts only with this segment's id, at the position that it names.</summary>
    private static void PassSeal(ActiveSegment active, ReadOnlySpan<byte> bytes)
    {
        if (!SealFrame.TryRead(bytes, out var seal) || seal.Segment != active.Segment || seal.Position != active.Position
            || (seal.EndOffset >= 0 && seal.EndOffset != active.NextOffset))
            throw new PartitionBrokenException($"Segment {active.Blob} has a seal that is not its own at position {active.Position}.");
        active.Seal();
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Puts a block blob with a footer in the place of a sealed <c>.log</c> blob (R5): an append blob ends at 50,000 blocks, and one that was written in small blocks reads
/// many times slower than a block blob of the same bytes.
/// </summary>
/// <remarks>
/// Any instance may rewrite any sealed segment, several at once too: each writes an object of its own, and the chain row takes one of them; the others are orphans, which
/// the rule for orphans collects. The source is only read. Bytes go from range to block without a copy, so memory is one range of 4 MiB, the index (24 bytes for each
/// 32 KiB of the segment) and the footer. Reads do not go through the read cache, which they would only empty.
/// </remarks>
internal sealed class SegmentRewriter(PartitionContext context, TopicPartition partition)
{
    private const int MaxTries = 10;

    private readonly ChainStore _store = new(context, partition);

    /// <summary><paramref name="source"/> is a row of the chain as it was read. A cancelled token ends it between two calls, as if the instance had died there.</summary>
    public async ValueTask<RewriteResult> RewriteAsync(ChainSegmentRow source, CancellationToken cancellationToken)
    {
        try
        {
            return await RewriteOrThrowAsync(source, cancellationToken);
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

    private async ValueTask<RewriteResult> RewriteOrThrowAsync(ChainSegmentRow source, CancellationToken cancellationToken)
    {
        if (source.IsRewritten || !await IsNamedAsync(source))
            return NotNamed(source);
        var rewrite = context.Entropy.NextGuid();
        var writer = new SegmentObjectWriter(context, StorageLayout.SegmentBlob(partition, source.BaseOffset, source.EndOffset, rewrite), rewrite);
        SegmentDigest digest;
        byte[] footer;
        try
        {
            digest = await CopyAsync(source, writer, cancellationToken);
            footer = Footer(source, digest, await ReadProducersAsync(source)).Encode();
        }
        catch (BlobMissingException e)
        {
            // Another was faster and the source's hour is over; or it is lost.
            if (!await IsNamedAsync(source))
                return NotNamed(source);
            throw new PartitionBrokenException($"Blob {e.Blob}, which the chain of {partition} names, does not exist.");
        }

        await writer.StageAsync(footer);
        cancellationToken.ThrowIfCancellationRequested();
        await writer.CommitAsync();
        if (context.Rules.CheckRewrites && await writer.FindDefectAsync(cancellationToken) is { } defect)
            return new RewriteResult(RewriteOutcome.CopyDamaged, Detail: defect);
        return await ReplaceAsync(
            source,
            source with
            {
                Blob = writer.Blob, Bytes = digest.Bytes, FooterBytes = footer.Length, MaxTimestamp = digest.MaxTimestamp, DeadBlob = source.Blob, DeadBytes = source.BlobBytes,
            });
    }

    /// <summary>Stages the source's batches, each range as it was read, and checks on the way that they are whole, intact, and reach the end that the chain gives.</summary>
    private async ValueTask<SegmentDigest> CopyAsync(ChainSegmentRow source, SegmentObjectWriter writer, CancellationToken cancellationToken)
    {
        var digest = new SegmentDigest(source.BaseOffset);
        for (var position = 0L; position < source.Bytes;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var content = await ReadAsync(source.Blob, position, (int)Math.Min(SegmentObjectWriter.BlockBytes, source.Bytes - position));
            if (content.IsEmpty)
            {
                Require(false, source, $"it ends at {position}, before position {source.Bytes}, where the chain has its end");
                break;
            }

            var batches = content;
            if (position == 0)
            {
                Require(HasHeader(content.Span, source), source, "it begins with no header of its own");
                batches = content[Math.Min(SegmentHeaderFrame.Size, content.Length)..];
            }

            position += content.Length;
            Require(digest.TryAdd(batches.Span), source, digest.Defect);
            await writer.StageAsync(batches);
        }

        Require(
            digest.IsAtBoundary && digest.NextOffset == source.EndOffset,
            source,
            $"its batches up to position {source.Bytes} end at offset {digest.NextOffset}{(digest.IsAtBoundary ? "" : " and within a batch")}, but the chain ends it at {source.EndOffset}");
        return digest;
    }

    /// <summary>The producer state at the segment's base, as it is stored; empty: there were no producers.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReadProducersAsync(ChainSegmentRow source)
    {
        if (source.ProducersBlob is not { } blob)
            return default;
        var producers = await ReadAsync(blob, 0, StorageLimits.MaxPutBytes);
        if (ProducerState.Decode(producers.Span, context.Options.ProducerIdExpiration) is null)
            throw new PartitionBrokenException($"Blob {blob} is no producer state of a known format.");
        return producers;
    }

    private SegmentFooter Footer(ChainSegmentRow source, SegmentDigest digest, ReadOnlyMemory<byte> producers) => new(
        new SegmentSummary(
            partition, source.Segment, source.BaseOffset, source.EndOffset, digest.Bytes, digest.MaxTimestamp, source.LeaderEpoch, digest.BatchCount, digest.RecordCount, digest.Crc),
        digest.Index.Encode(),
        default,
        producers);

    /// <summary>
    /// Exchanges the row as long as it names the source. The head may move for other reasons meanwhile, and a reply may get lost: either is settled by reading.
    /// </summary>
    private async ValueTask<RewriteResult> ReplaceAsync(ChainSegmentRow source, ChainSegmentRow replacement)
    {
        var obstacle = "";
        for (var tries = 1; tries <= MaxTries; tries++)
        {
            if (await _store.ReadHeadAsync() is not var (head, etag) || await _store.ReadSegmentAsync(head, source.BaseOffset) is not { } row)
                return NotNamed(source);
            if (row.Blob == replacement.Blob)
                return new RewriteResult(RewriteOutcome.Replaced, row);
            if (head.State != PartitionState.Open || !IsSame(row, source))
                return NotNamed(source);
            try
            {
                if (await _store.ReplaceSegmentAsync(head, etag, replacement))
                    return new RewriteResult(RewriteOutcome.Replaced, replacement);
                obstacle = "others changed the head";
            }
            catch (StorageUnavailableException e)
            {
                obstacle = e.Message;
            }

            await Task.Delay(context.Entropy.Jitter(TimeSpan.FromMilliseconds(10 << Math.Min(tries, 6))), context.Time);
        }

        throw new StorageUnavailableException($"{source.Blob} could not be replaced in the chain in {MaxTries} tries: {obstacle}");
    }

    private async ValueTask<bool> IsNamedAsync(ChainSegmentRow source) =>
        await _store.ReadHeadAsync() is var (head, _) && head.State == PartitionState.Open
        && await _store.ReadSegmentAsync(head, source.BaseOffset) is { } row && IsSame(row, source);

    private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(string blob, long position, int count)
    {
        var outcome = await context.Backend.ReadRangeAsync(blob, position, count, CancellationToken.None);
        return outcome.Status switch
        {
            OutcomeStatus.Done => outcome.Value.Content,
            OutcomeStatus.Missing => throw new BlobMissingException(blob),
            OutcomeStatus.ConditionFailed or OutcomeStatus.Throttled or OutcomeStatus.Unknown => throw new StorageUnavailableException($"Reading {blob} at {position}: {outcome}"),
            _ => throw new InvalidOperationException(outcome.ToString()),
        };
    }

    private bool HasHeader(ReadOnlySpan<byte> bytes, ChainSegmentRow source) =>
        SegmentHeaderFrame.TryRead(bytes, out var header) && header.TopicPartition == partition && header.Segment == source.Segment && header.BaseOffset == source.BaseOffset;

    private void Require(bool holds, ChainSegmentRow source, string? otherwise)
    {
        if (!holds && context.Rules.CheckRewrites)
            throw new PartitionBrokenException($"Segment {source.Blob} is not what the chain of {partition} says: {otherwise}.");
    }

    private RewriteResult NotNamed(ChainSegmentRow source) => new(RewriteOutcome.Overtaken, Detail: $"The chain of {partition} does not name {source.Blob} any more.");

    private static bool IsSame(ChainSegmentRow row, ChainSegmentRow source) =>
        row.Blob == source.Blob && row.EndOffset == source.EndOffset && row.Bytes == source.Bytes;
}

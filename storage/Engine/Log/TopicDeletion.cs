using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Makes sure that nothing is ever appended to a topic again, before its deletion is answered. Per partition, the head is marked first, so that no roll can succeed
/// any more, and the active segment sealed next, so that writers that still believe in it are stopped. Each step may be repeated by anybody, at any time.
/// </summary>
internal sealed class TopicDeletion(PartitionContext context)
{
    private const int Parallel = 16;
    private const int MaxTries = 20;

    /// <summary>Throws <see cref="StorageUnavailableException"/> when storage does not let it finish; the deletion is then to be asked for again.</summary>
    public async ValueTask FenceAsync(Topic topic)
    {
        for (var first = 0; first < topic.Partitions; first += Parallel)
        {
            var fences = Enumerable.Range(first, Math.Min(Parallel, topic.Partitions - first)).Select(partition => FenceAsync(topic.At(partition))).ToList();
            await Task.WhenAll(fences);
        }
    }

    private async Task FenceAsync(TopicPartition partition)
    {
        var store = new ChainStore(context, partition);
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await store.ReadHeadAsync() is not var (head, etag))
            {
                // Never appended to. The marked head is in the way of whoever creates the first segment late.
                if (await store.InsertHeadAsync(PartitionHeadRow.Unborn(PartitionState.Deleting)))
                    return;
                continue;
            }

            if (head.State == PartitionState.Deleting)
            {
                if (head.Active.Segment != SegmentId.None)
                    await SealAsync(partition, head.Active);
                return;
            }

            await store.ReplaceHeadAsync(new SegmentChain(head, etag, []), head with { State = PartitionState.Deleting }, null);
        }

        throw new StorageUnavailableException($"The head of {partition} could not be marked; it changed {MaxTries} times meanwhile.");
    }

    private async ValueTask SealAsync(TopicPartition partition, ActiveSegmentRef reference)
    {
        var blob = StorageLayout.LogBlob(partition, reference.BaseOffset, reference.Segment);
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var properties = await context.Backend.GetBlobAsync(blob, CancellationToken.None);
            if (properties.Status == OutcomeStatus.Missing)
                return;
            if (!properties.IsDone)
                throw new StorageUnavailableException($"Looking at {blob}: {properties}");
            var length = properties.Value.Length;
            if (await EndsWithSealAsync(blob, reference.Segment, length))
                return;
            // A blob's length is always a frame boundary. The log end is not known without reading everything, and nobody will ask for it.
            var sealedAt = await context.Backend.AppendAsync(blob, length, new SealFrame(reference.Segment, length, -1).ToArray(), CancellationToken.None);
            if (sealedAt.IsDone || sealedAt.Failed(ConditionFailure.BlockCount) || sealedAt.Status == OutcomeStatus.Missing)
                return;
            await Task.Delay(context.Entropy.Jitter(TimeSpan.FromMilliseconds(10 << Math.Min(tries, 6))), context.Time);
        }

        throw new StorageUnavailableException($"{blob} could not be sealed; writers were faster {MaxTries} times.");
    }

    /// <summary>
    /// Reads from the beginning, frame by frame: a seal is one only at a boundary, so its bytes at the end prove nothing. Done only where they are there.
    /// </summary>
    private async ValueTask<bool> EndsWithSealAsync(string blob, SegmentId segment, long length)
    {
        var position = length - SealFrame.Size;
        if (position < 0)
            return false;
        var end = await context.Backend.ReadRangeAsync(blob, position, SealFrame.Size, CancellationToken.None);
        if (end.Status == OutcomeStatus.Missing)
            return true;
        if (!end.IsDone)
            throw new StorageUnavailableException($"Looking at {blob}: {end}");
        if (!SealFrame.TryRead(end.Value.Content.Span, out var seal) || seal.Segment != segment || seal.Position != position)
            return false;
        var at = 0L;
        while (at < position)
        {
            var available = await context.Cache.ReadAsync(blob, at, length);
            var frame = SegmentFrame.Read(available.Span, verify: false);
            if (frame.Length == 0 && frame.Kind == FrameKind.Incomplete)
            {
                var header = await context.Backend.ReadRangeAsync(blob, at, Protocol.Records.RecordBatchHeader.Size, CancellationToken.None);
                if (!header.IsDone)
                    throw new StorageUnavailableException($"Looking at {blob}: {header}");
                frame = SegmentFrame.Read(header.Value.Content.Span, verify: false);
            }

            if (frame.Length == 0)
                throw new PartitionBrokenException($"Segment {blob} is damaged at position {at}.");
            at += frame.Length;
        }

        return at == position;
    }
}

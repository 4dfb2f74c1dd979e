using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Begins to know an active segment: from the segment before it if that was read to its end, else from a checkpoint, else from the producer state stored at its base.
/// What follows is then read from the blob. The number of operations does not depend on how much stands in the partition.
/// </summary>
internal sealed class SegmentOpening(PartitionContext context, TopicPartition partition, ChainStore store)
{
    /// <summary><paramref name="left"/> is the active segment of before, if there was one.</summary>
    public async ValueTask<ActiveSegment> OpenAsync(ActiveSegmentRef reference, ActiveSegment? left)
    {
        var blob = StorageLayout.LogBlob(partition, reference.BaseOffset, reference.Segment);
        if (left is { IsSealed: true } && left.NextOffset == reference.BaseOffset)
            return new ActiveSegment(reference, blob, left.Producers);
        if (await ReadCheckpointAsync(reference) is { } checkpoint)
            return new ActiveSegment(reference, blob, checkpoint);
        return new ActiveSegment(reference, blob, await ReadProducersAsync(reference));
    }

    private async ValueTask<Checkpoint?> ReadCheckpointAsync(ActiveSegmentRef reference)
    {
        var row = await context.Backend.ReadRowAsync(
            StorageLayout.PartitionsTable, new RowAddress(StorageLayout.PartitionKey(partition), StorageLayout.CheckpointRowKey), CancellationToken.None);
        if (row.Status == OutcomeStatus.Missing)
            return null;
        if (!row.IsDone)
            throw new StorageUnavailableException($"Reading the checkpoint of {partition}: {row}");
        var named = CheckpointRow.Decode(row.Value);
        if (named.Segment != reference.Segment && context.Rules.MatchCheckpoints)
            return null;
        // Its writer may have replaced and deleted it since; then there is nothing to save, but nothing is lost.
        if (await ReadBlobAsync(named.Blob) is not { } bytes)
            return null;
        var checkpoint = Checkpoint.Decode(bytes.Span, context.Options.ProducerIdExpiration);
        if (!context.Rules.MatchCheckpoints)
            return checkpoint;
        return checkpoint?.Segment == reference.Segment && checkpoint.Index.Covers(reference.BaseOffset, SegmentHeaderFrame.Size, checkpoint.Position) ? checkpoint : null;
    }

    private async ValueTask<ProducerState> ReadProducersAsync(ActiveSegmentRef reference)
    {
        if (reference.ProducersBlob is not { } blob)
            return new ProducerState(context.Options.ProducerIdExpiration);
        if (await ReadBlobAsync(blob) is not { } bytes)
            throw await WhyMissingAsync(reference, blob);
        return ProducerState.Decode(bytes.Span, context.Options.ProducerIdExpiration) ?? throw new PartitionBrokenException($"Blob {blob} is no producer state of a known format.");
    }

    /// <summary>Meanwhile the partition may have been rolled, and retention have taken what was opened; only what the head still names must be there.</summary>
    private async ValueTask<Exception> WhyMissingAsync(ActiveSegmentRef reference, string blob) =>
        await store.ReadHeadAsync() is var (head, _) && head.State == PartitionState.Open && head.Active.Segment == reference.Segment
            ? new PartitionBrokenException($"Blob {blob}, the producer state at offset {reference.BaseOffset} of {partition}, does not exist.")
            : new StorageUnavailableException($"The segment at offset {reference.BaseOffset} of {partition} was removed while it was being opened.");

    /// <summary>A whole small blob: one operation. Null: there is none.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> ReadBlobAsync(string blob)
    {
        var outcome = await context.Backend.ReadRangeAsync(blob, 0, StorageLimits.MaxPutBytes, CancellationToken.None);
        return outcome.Status switch
        {
            OutcomeStatus.Done => outcome.Value.Content,
            OutcomeStatus.Missing => default(ReadOnlyMemory<byte>?), // a bare null would become an empty memory
            OutcomeStatus.ConditionFailed or OutcomeStatus.Throttled or OutcomeStatus.Unknown => throw new StorageUnavailableException($"Reading {blob}: {outcome}"),
            _ => throw new InvalidOperationException(outcome.ToString()),
        };
    }
}

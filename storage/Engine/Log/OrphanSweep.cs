using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Deletes the blobs of a partition that nothing names: what lost a race, or was made by somebody who died. In the order of R16, so that it needs no clock:
/// list, replace the head by itself, read head and chain again, delete what is in the list and still unnamed.
/// </summary>
/// <remarks>
/// Whoever made a blob of the list read the head before. Once the head has been replaced nobody can name such a blob any more, however long they slept; what
/// they named before is seen by reading again. Compaction names what it made under a later head than it read, but only while that says of the same sweep as the head that
/// was read before it was made: then every list that held it belongs to a sweep that has not come to replacing the head.
/// </remarks>
internal sealed class OrphanSweep(PartitionContext context, TopicPartition partition, ChainStore store)
{
    private const int PageBlobs = 1000;

    private readonly BlobDisposal _disposal = new(context);

    /// <summary>The chain after it; null: somebody changed the head, nothing was deleted. Notes in the head when it was done.</summary>
    public async ValueTask<SegmentChain?> SweepAsync(SegmentChain chain, DateTimeOffset now)
    {
        var listed = await context.Backend.ReadAllAsync(StorageLayout.BlobPrefix(partition), PageBlobs);
        // Always another than before, whatever the clock says: whoever compacts takes it as the sign that there was a sweep.
        var swept = chain.Head with { SweptAt = Math.Max(now.ToUnixTimeMilliseconds(), chain.Head.SweptAt + 1) };
        var current = chain;
        if (context.Rules.FenceOrphans)
        {
            if (await store.ReplaceHeadAsync(chain, swept, null) is null)
                return null;
            current = await store.ReadAsync();
            if (current is null || current.Head.State != PartitionState.Open)
                return current;
        }

        var named = await NamedAsync(current);
        var orphans = listed.Where(blob => !named.Contains(blob.Name) && !MayTakeAPlace(blob.Name, current)).ToList();
        await _disposal.DeleteAsync(orphans);
        return context.Rules.FenceOrphans ? current : current with { Head = swept };
    }

    /// <summary>
    /// A rewrite reads the head only when its object is made, and the fence does not hold it. But it only ever takes the place of the <c>.log</c> blob that it
    /// was made from, so it is left alone as long as the chain names that one.
    /// </summary>
    private bool MayTakeAPlace(string blob, SegmentChain chain) =>
        blob.EndsWith(StorageLayout.SegmentBlobSuffix, StringComparison.Ordinal)
        && StorageLayout.TryParseBaseOffset(blob, partition, out var baseOffset)
        && chain.Find(baseOffset) is { IsRewritten: false };

    private async ValueTask<HashSet<string>> NamedAsync(SegmentChain chain)
    {
        var active = chain.Head.Active;
        var named = new HashSet<string>(StringComparer.Ordinal) { StorageLayout.LogBlob(partition, active.BaseOffset, active.Segment) };
        Add(active.ProducersBlob);
        foreach (var segment in chain.Sealed)
        {
            Add(segment.Blob);
            Add(segment.ProducersBlob);
            named.UnionWith(segment.DeadBlobs);
        }

        var row = await context.Backend.ReadRowAsync(
            StorageLayout.PartitionsTable, new RowAddress(StorageLayout.PartitionKey(partition), StorageLayout.CheckpointRowKey), CancellationToken.None);
        if (row.IsDone)
            Add(CheckpointRow.Decode(row.Value).Blob);
        else if (row.Status != OutcomeStatus.Missing)
            throw new StorageUnavailableException($"Reading the checkpoint of {partition}: {row}");
        return named;

        void Add(string? blob)
        {
            if (blob is not null)
                named.Add(blob);
        }
    }
}

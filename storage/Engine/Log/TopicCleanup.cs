using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Frees what a deleted topic leaves: first a partition's rows, then its blobs, so that as long as there is a blob somebody will come back for the rows. Only
/// under a head that says
/// <c>deleting</c>, which is never replaced again. Each step may be repeated by anybody at any time.
/// </summary>
/// <remarks>
/// The heads stay, one small row per partition, and for ever: a call that saw no head before the topic was deleted, and sleeps, must still find one when it
/// wakes up and tries to insert its own. What such a call made before it lost, and a checkpoint that was under way, are found by one more look at each partition after
/// <see cref="SecondLookAfter"/>.
/// </remarks>
internal sealed class TopicCleanup(PartitionContext context, DueWork due)
{
    public static readonly TimeSpan SecondLookAfter = TimeSpan.FromDays(1);

    private const int PageBlobs = 256;
    private const int PageTopics = 20;

    private readonly BlobDisposal _disposal = new(context);

    /// <summary>Deleted topics that are still to be freed, the first few: one operation.</summary>
    public async ValueTask<IReadOnlyList<(DeletedTopicRow Topic, ServiceClock Clock)>> ReadAsync()
    {
        var query = new RowQuery(StorageLayout.TopicsPartitionKey, StorageLayout.DeletedTopicRowKeyPrefix, StorageLayout.DeletedTopicRowKeyEnd, PageTopics);
        var page = await context.Backend.QueryRowsAsync(StorageLayout.TopicsTable, query, CancellationToken.None);
        if (!page.IsDone)
            throw new StorageUnavailableException($"Reading which topics are deleted: {page}");
        return [.. page.Value.Rows.Select(row => (DeletedTopicRow.Decode(row), new ServiceClock(row.ReadAt, context.Time)))];
    }

    /// <summary>Everything is freed: leaves a second look for later and takes the row away. Throws <see cref="StorageUnavailableException"/>.</summary>
    public async ValueTask FinishAsync(DeletedTopicRow deletion, ServiceClock clock)
    {
        var topic = deletion.Id;
        var partitions = Enumerable.Range(0, Math.Max(1, deletion.Partitions)).Select(partition => new TopicPartition(topic, partition));
        await due.AnnounceAsync((clock.Now + SecondLookAfter).ToUnixTimeMilliseconds(), partitions);
        var deleted = await context.Backend.CommitRowsAsync(
            StorageLayout.TopicsTable, new RowBatch(StorageLayout.TopicsPartitionKey).Delete(StorageLayout.DeletedTopicRowKey(topic), null), CancellationToken.None);
        if (!deleted.IsDone && deleted.Status != OutcomeStatus.Missing)
            throw new StorageUnavailableException($"Deleting the row of deleted topic {topic}: {deleted}");
    }

    /// <summary>
    /// Frees a topic's blobs, and the rows of the partitions that have any, until nothing is left or <paramref name="isOver"/> says so after a page of them.
    /// Answers whether nothing is left; one operation if that was so before.
    /// </summary>
    /// <param name="isAnswered">The deletion is known to have been answered, so every head must say that it is deleted; else it may be under way.</param>
    public async ValueTask<bool> FreeAsync(TopicId topic, Func<bool> isOver, bool isAnswered)
    {
        var isDone = true;
        string? continuation = null;
        do
        {
            var page = await context.Backend.ReadPageAsync(StorageLayout.BlobPrefix(topic), continuation, PageBlobs);
            foreach (var group in page.Blobs.GroupBy(blob => StorageLayout.TryParsePartition(blob.Name, topic, out var partition) ? partition : default(TopicPartition?)))
                isDone &= group.Key is { } partition && await FreeAsync(partition, [.. group], isAnswered);
            continuation = page.Continuation;
            if (continuation is not null && isOver())
                return false;
        }
        while (continuation is not null);

        return isDone;
    }

    /// <summary>All rows but the head, which must say that the partition is deleted. Throws <see cref="StorageUnavailableException"/>.</summary>
    public async ValueTask DeleteRowsAsync(TopicPartition partition)
    {
        var key = StorageLayout.PartitionKey(partition);
        string? continuation = null;
        do
        {
            var page = await context.Backend.QueryRowsAsync(StorageLayout.PartitionsTable, new RowQuery(key, Continuation: continuation), CancellationToken.None);
            if (!page.IsDone)
                throw new StorageUnavailableException($"Reading the rows of {partition}: {page}");
            foreach (var some in page.Value.Rows.Where(row => row.Address.RowKey != StorageLayout.HeadRowKey).Chunk(RowBatch.MaxOperations))
            {
                var batch = new RowBatch(key);
                foreach (var row in some)
                    batch.Delete(row.Address.RowKey, row.ETag);
                var deleted = await context.Backend.CommitRowsAsync(StorageLayout.PartitionsTable, batch, CancellationToken.None);
                if (!deleted.IsDone)
                    throw new StorageUnavailableException($"Deleting rows of {partition}: {deleted}");
            }

            continuation = page.Value.Continuation;
        }
        while (continuation is not null);
    }

    private async ValueTask<bool> FreeAsync(TopicPartition partition, IReadOnlyList<BlobListing> blobs, bool isAnswered)
    {
        if (await new ChainStore(context, partition).ReadHeadAsync() is not ({ State: PartitionState.Deleting }, _))
        {
            if (isAnswered)
                Log.NotFenced(context.Logger, partition);
            return false;
        }

        await DeleteRowsAsync(partition);
        return await _disposal.DeleteAsync(blobs);
    }
}

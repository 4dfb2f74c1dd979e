using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using Microsoft.Extensions.Logging;

namespace ManagedLog.Engine.Log;

/// <summary>
/// The index of due work: which partitions have anything to be done to them, and from when on. It makes housekeeping cost what there is to do, however many
/// partitions there are. A row is written before the change that makes the work (so no crash can lose it), and a row for which there is nothing to do is
/// harmless.
/// </summary>
internal sealed class DueWork(PartitionContext context)
{
    /// <summary>Times below this are in January 1970: due whatever any clock says.</summary>
    private const long AtOnceTimes = 1000;

    private const int PageRows = 100;
    private const int MaxTries = 6;

    /// <summary>
    /// Due whatever any clock says. Not always the same time, but another after each <see cref="EngineOptions.HousekeepingDelay"/>: each announcement makes its row young
    /// again, so a partition that always had the same row and rolled all the time would never be looked at.
    /// </summary>
    public long AtOnce => context.Time.GetUtcNow().ToUnixTimeMilliseconds() / Math.Max(1, (long)context.Options.HousekeepingDelay.TotalMilliseconds) % AtOnceTimes;

    public static bool IsAtOnce(long dueAt) => dueAt < AtOnceTimes;

    /// <summary>
    /// When this returns, a row for this time stands, and nobody who read one before will take it away. Throws <see cref="StorageUnavailableException"/>.
    /// </summary>
    public ValueTask AnnounceAsync(long dueAt, TopicPartition partition) => AnnounceAsync(StorageLayout.DueRowKey(dueAt, partition));

    /// <inheritdoc cref="AnnounceAsync(long, TopicPartition)"/>
    public ValueTask AnnounceAsync(long dueAt, string group) => AnnounceAsync(StorageLayout.DueRowKey(dueAt, group));

    private async ValueTask AnnounceAsync(string key)
    {
        var insert = new RowBatch(StorageLayout.DuePartitionKey).Insert(key, DueRow.Encode());
        var replace = new RowBatch(StorageLayout.DuePartitionKey).Replace(key, DueRow.Encode(), null);
        var exists = false;
        for (var tries = 1; ; tries++)
        {
            // Replaced by itself it gets another ETag, and whoever is about to delete it as done no longer can.
            var outcome = await CommitAsync(exists ? replace : insert);
            if (outcome.IsDone)
                return;
            if (tries == MaxTries)
                throw new StorageUnavailableException($"Writing down that work is due under {key}: {outcome}");
            if (outcome.Failed(ConditionFailure.Exists))
                exists = true;
            else if (outcome.Status == OutcomeStatus.Missing)
                exists = false;
            else
                await Task.Delay(context.Entropy.Jitter(TimeSpan.FromMilliseconds(10 << tries)), context.Time);
        }
    }

    /// <summary>
    /// As <see cref="AnnounceAsync"/> for all partitions of a topic, to be looked at whatever any clock says: one operation for each hundred where no such row
    /// stands yet.
    /// </summary>
    public ValueTask AnnounceAllAsync(Topic topic) => AnnounceAllAsync([topic]);

    /// <inheritdoc cref="AnnounceAllAsync(Topic)"/>
    public async ValueTask AnnounceAllAsync(IReadOnlyList<Topic> topics)
    {
        var all = topics.SelectMany(topic => Enumerable.Range(0, topic.Partitions).Select(topic.At));
        foreach (var partitions in all.Chunk(RowBatch.MaxOperations))
        {
            var rows = new RowBatch(StorageLayout.DuePartitionKey);
            foreach (var partition in partitions)
                rows.Insert(StorageLayout.DueRowKey(AtOnce, partition), DueRow.Encode());
            if ((await CommitAsync(rows)).IsDone)
                continue;

            // Some stand already, or storage did not answer: one by one, so that each row is another than whoever read it before has seen.
            foreach (var partition in partitions)
                await AnnounceAsync(AtOnce, partition);
        }
    }

    /// <summary>The same for many, 100 in one operation.</summary>
    public async ValueTask AnnounceAsync(long dueAt, IEnumerable<TopicPartition> partitions)
    {
        foreach (var some in partitions.Chunk(RowBatch.MaxOperations))
        {
            var all = new RowBatch(StorageLayout.DuePartitionKey);
            foreach (var partition in some)
                all.Insert(StorageLayout.DueRowKey(dueAt, partition), DueRow.Encode());
            if ((await CommitAsync(all)).IsDone)
                continue;
            foreach (var partition in some)
                await AnnounceAsync(dueAt, partition);
        }
    }

    /// <summary>What is due by the service's clock, of at most <paramref name="mostOfEach"/> partitions and groups: one operation for each 100 rows.</summary>
    public async ValueTask<DueLook> ReadAsync(int mostOfEach)
    {
        var partitions = new DueList<TopicPartition, DueEntry>(mostOfEach);
        var groups = new DueList<string, DueGroupEntry>(mostOfEach);
        DateTimeOffset? readAt = null;
        var query = new RowQuery(StorageLayout.DuePartitionKey, MaxRows: PageRows);
        while (true)
        {
            var page = await context.Backend.QueryRowsAsync(StorageLayout.DueTable, query, CancellationToken.None);
            if (!page.IsDone)
                throw new StorageUnavailableException($"Reading what work is due: {page}");
            foreach (var row in page.Value.Rows)
            {
                readAt ??= row.ReadAt;
                if (!TryDecode(row, out var entry, out var group))
                    continue;
                if ((group?.Row.DueAt ?? entry.Row.DueAt) > row.ReadAt.ToUnixTimeMilliseconds())
                    return Look(false);
                if (row.ReadAt - row.Timestamp < context.Options.HousekeepingDelay)
                    continue;
                if (!(group is { } of ? groups.TryAdd(of.Row.Group, of) : partitions.TryAdd(entry.Row.Partition, entry)))
                    return Look(true);
            }

            if (page.Value.Continuation is null)
                return Look(false);
            query = query with { Continuation = page.Value.Continuation };
        }

        DueLook Look(bool isMore) => new(partitions.Items, isMore, readAt) { Groups = groups.Items };
    }

    /// <summary>
    /// The rows' work is done, and the partition is to be looked at again at <paramref name="nextDueAt"/> (null: never). Both at once where that is possible;
    /// otherwise the next row first and the deletions last. Throws <see cref="StorageUnavailableException"/>; what stays is looked at again, which does no
    /// harm.
    /// </summary>
    public ValueTask MoveOnAsync(TopicPartition partition, IReadOnlyList<DueEntry> done, long? nextDueAt) =>
        MoveOnAsync([.. done.Select(entry => (entry.Row.Key, entry.ETag))], nextDueAt is { } dueAt ? StorageLayout.DueRowKey(dueAt, partition) : null);

    /// <inheritdoc cref="MoveOnAsync(TopicPartition, IReadOnlyList{DueEntry}, long?)"/>
    public ValueTask MoveOnAsync(string group, IReadOnlyList<DueGroupEntry> done, long? nextDueAt) =>
        MoveOnAsync([.. done.Select(entry => (entry.Row.Key, entry.ETag))], nextDueAt is { } dueAt ? StorageLayout.DueRowKey(dueAt, group) : null);

    private async ValueTask MoveOnAsync(IReadOnlyList<(string Key, ETag ETag)> done, string? nextKey)
    {
        if (done.Count < RowBatch.MaxOperations && !done.Any(entry => entry.Key == nextKey))
        {
            var both = new RowBatch(StorageLayout.DuePartitionKey);
            if (nextKey is not null)
                both.Insert(nextKey, DueRow.Encode());
            foreach (var (key, etag) in done)
                both.Delete(key, etag);
            if ((await CommitAsync(both)).IsDone)
                return;
        }

        if (nextKey is not null)
            await AnnounceAsync(nextKey);
        foreach (var (key, etag) in done)
        {
            var deleted = await CommitAsync(new RowBatch(StorageLayout.DuePartitionKey).Delete(key, etag));
            if (deleted.Status is OutcomeStatus.Throttled or OutcomeStatus.Unknown)
                throw new StorageUnavailableException($"Deleting what was due under {key}: {deleted}");
        }
    }

    private ValueTask<Outcome<IReadOnlyList<ETag>>> CommitAsync(RowBatch batch) => context.Backend.CommitRowsAsync(StorageLayout.DueTable, batch, CancellationToken.None);

    /// <summary>A row that a later version wrote waits for an instance that understands it, and keeps nothing else from being done.</summary>
    private bool TryDecode(Row row, out DueEntry entry, out DueGroupEntry? group)
    {
        group = null;
        entry = default;
        try
        {
            if (GroupDueRow.IsGroups(row.Address.RowKey))
                group = new DueGroupEntry(GroupDueRow.Decode(row), row.ETag);
            else
                entry = new DueEntry(DueRow.Decode(row), row.ETag);
            return true;
        }
        catch (InvalidDataException e)
        {
            Log.UnknownDueRow(context.Logger, e.Message);
            return false;
        }
    }
}

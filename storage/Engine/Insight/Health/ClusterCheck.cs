using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;

namespace ManagedLog.Engine.Insight;

/// <summary>Looks at how the cluster is, as far as one instance can tell in a few operations.</summary>
internal sealed class ClusterCheck(PartitionContext context, PartitionRegistry partitions, TopicCatalog topics, HousekeepingJournal journal)
{
    /// <summary>Due times below it are not times but "at once".</summary>
    private const long EarliestTime = 1_000_000_000_000;

    private readonly DueWork _due = new(context);

    public async ValueTask<ClusterHealth> LookAsync()
    {
        var storage = await ReachAsync();
        var trace = storage.IsReachable ? await journal.ReadAsync() : null;
        return new ClusterHealth(
            journal.Instance,
            storage,
            await StoppedAsync(storage.IsReachable),
            journal.Last,
            trace is null ? null : new HousekeepingTrace(trace.Instance, trace.ElectedAt, trace.At, trace.Summary),
            storage.IsReachable ? await BacklogAsync() : null,
            Sweeps());
    }

    private async ValueTask<StorageReach> ReachAsync()
    {
        var startedAt = context.Time.GetTimestamp();
        string? detail;
        try
        {
            var read = await context.Backend.ReadRowAsync(
                StorageLayout.ClusterTable, new RowAddress(StorageLayout.ClusterPartitionKey, StorageLayout.IdentityRowKey), CancellationToken.None);
            detail = read.IsDone ? null : read.ToString();
        }
        catch (StorageRefusedException e)
        {
            detail = e.Message;
        }

        return new StorageReach(detail is null, context.Time.GetElapsedTime(startedAt), detail);
    }

    private async ValueTask<IReadOnlyList<StoppedPartition>> StoppedAsync(bool canList)
    {
        var stopped = partitions.Stopped();
        if (stopped.Count == 0)
            return [];
        var listed = canList ? await topics.ListAsync(CancellationToken.None) : new Refusal(Protocol.Errors.ErrorCode.KafkaStorageError, "");
        var names = listed.IsRefused ? [] : listed.Value.ToDictionary(topic => topic.Id, topic => topic.Name);
        return [.. stopped.Select(one => new StoppedPartition(one.Partition, names.GetValueOrDefault(one.Partition.Topic), one.Why.Message))];
    }

    private async ValueTask<DueBacklog?> BacklogAsync()
    {
        try
        {
            var look = await _due.ReadAsync(DueBacklog.MaxPartitions);
            long? oldest = look.Due.Count > 0 ? look.Due.Min(due => due.Rows[0].Row.DueAt) : null;
            return new DueBacklog(look.Due.Count, look.IsMore, oldest >= EarliestTime ? oldest : null);
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException)
        {
            return null;
        }
    }

    private OrphanSweeps Sweeps()
    {
        var heads = partitions.Seen().Select(seen => seen.View.Chain?.Head).Where(head => head is not null).Select(head => head!.SweptAt).ToList();
        var swept = heads.Where(at => at > 0).ToList();
        return new OrphanSweeps(heads.Count, heads.Count - swept.Count, swept.Count > 0 ? swept.Min() : null);
    }
}

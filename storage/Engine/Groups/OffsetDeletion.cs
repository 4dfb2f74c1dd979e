using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Groups;

/// <summary>Forgets what groups have committed of single partitions, under the head's ETag, so that nobody begins to read one of the topics meanwhile.</summary>
internal sealed class OffsetDeletion(GroupContext context, GroupMembership membership)
{
    private const int RowsOfOneTransaction = RowBatch.MaxOperations - 1;

    public async ValueTask<Result<Nothing>> DeleteAsync(GroupId group, IReadOnlyList<PartitionName> partitions, CancellationToken cancellationToken)
    {
        var doing = $"Deleting offsets of group '{group}'";
        var asked = partitions.ToHashSet();
        var topics = partitions.Select(partition => partition.Topic).ToHashSet(StringComparer.Ordinal);
        var looked = await membership.ChangeAsync(group, MembershipChange.Refresh, doing, cancellationToken);
        if (looked.IsRefused)
            return looked.Refusal;
        var tries = new WriteTries(context.Time, context.Entropy);
        while (true)
        {
            var head = await context.Table.ReadHeadAsync(group, cancellationToken);
            if (head.Status == OutcomeStatus.Missing || head is { IsDone: true, Value.Row.State: not GroupHeadState.Open })
                return tries.MayHaveHappened ? default(Nothing) : GroupRefusals.UnknownGroup(group);
            var offsets = head.IsDone ? await context.Table.ListOffsetsAsync(group, cancellationToken) : head.As<IReadOnlyList<StoredOffset>>();
            if (!offsets.IsDone)
                return tries.GiveUp(doing);
            var read = head.Value.Row.Topics.FirstOrDefault(topic => topics.Contains(topic.Name));
            if (read.Name is not null)
            {
                return tries.MayHaveHappened ? tries.GiveUp(doing) : new Refusal(
                    ErrorCode.GroupSubscribedToTopic, $"Members of group '{group}' read topic '{read.Name}'. Nothing was deleted; stop them first.");
            }

            var rows = offsets.Value
                .Where(offset => asked.Contains(new PartitionName(offset.Row.Topic, offset.Partition.Partition)) || asked.Contains(new PartitionName(offset.Row.Topic, null)))
                .ToList();
            if (rows.Count == 0)
                return default(Nothing);
            var batch = new RowBatch(group.Value).Merge(StorageLayout.HeadRowKey, new Dictionary<string, RowValue>(), head.Value.ETag);
            foreach (var row in rows.Take(RowsOfOneTransaction))
                batch.Delete(StorageLayout.OffsetRowKey(row.Partition), row.ETag);
            var deleted = await context.Table.CommitAsync(batch);
            foreach (var row in deleted.IsDone ? rows.Take(RowsOfOneTransaction) : [])
                context.Committed(group, row.ToCommitted().Partition, null);
            if (!deleted.IsDone && !await tries.AgainAsync(deleted.Status, cancellationToken))
                return tries.GiveUp(doing);
        }
    }
}

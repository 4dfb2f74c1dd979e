using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// Deletes groups. The head says so first, which fences everybody: members act under their own rows, of which there is none then, and all others under the head's ETag. Then what the
/// group left is deleted, and the head says that too; it stays for a day, so that a group that is made again by its name goes on behind its generation. Each step may be repeated by anybody.
/// </summary>
internal sealed class GroupDeletion(GroupTable table, TimeProvider time, Entropy entropy, Action<GroupId, GroupPartition, long?> committed)
{
    /// <summary>How long the head of a deleted group stays: longer than any call sleeps, and than clocks are apart.</summary>
    public static readonly TimeSpan HeadStays = TimeSpan.FromDays(1);

    /// <summary>Refuses with GROUP_ID_NOT_FOUND or NON_EMPTY_GROUP. Whether members are there still is for the caller to have looked at.</summary>
    public async ValueTask<Result<Nothing>> DeleteAsync(GroupId group, CancellationToken cancellationToken)
    {
        var doing = $"Deleting group '{group}'";
        var tries = new WriteTries(time, entropy);
        while (true)
        {
            var read = await table.ReadHeadAsync(group, cancellationToken);
            if (!read.IsDone && read.Status != OutcomeStatus.Missing)
                return tries.GiveUp(doing);
            if (!read.IsDone || read.Value.Row.State == GroupHeadState.Deleted)
                return tries.MayHaveHappened ? default(Nothing) : GroupRefusals.UnknownGroup(group);
            OutcomeStatus status;
            if (read.Value.Row.State == GroupHeadState.Deleting)
            {
                var finished = await FinishAsync(group);
                if (finished.IsDone)
                    return default(Nothing);
                status = finished.Status;
            }
            else
            {
                if (read.Value.Row.Shares.Count > 0)
                    return tries.MayHaveHappened ? tries.GiveUp(doing) : GroupRefusals.NotEmpty(group);
                status = (await MarkAsync(group, read.Value)).Status;
                if (status == OutcomeStatus.Done)
                    continue;
            }

            if (!await tries.AgainAsync(status, cancellationToken))
                return tries.GiveUp(doing);
        }
    }

    /// <summary>The first step, if the head is still as it was read.</summary>
    public ValueTask<Outcome<IReadOnlyList<ETag>>> MarkAsync(GroupId group, StoredHead head) => ReplaceAsync(group, head, GroupHeadState.Deleting);

    /// <summary>Deletes what a group left whose head says that it is being deleted. Done too when somebody else has finished, or the group was made again.</summary>
    public async ValueTask<Outcome<Nothing>> FinishAsync(GroupId group)
    {
        var read = await table.ReadHeadAsync(group, CancellationToken.None);
        if (!read.IsDone && read.Status != OutcomeStatus.Missing)
            return read.As<Nothing>();
        if (read is not { IsDone: true, Value.Row.State: GroupHeadState.Deleting })
            return Outcome.Done();

        var offsets = await table.ListOffsetsAsync(group, CancellationToken.None);
        var owners = await table.ListOwnersAsync(group, CancellationToken.None);
        if (!offsets.IsDone)
            return offsets.As<Nothing>();
        if (!owners.IsDone)
            return owners.As<Nothing>();
        var rows = offsets.Value.Select(offset => (StorageLayout.OffsetRowKey(offset.Partition), offset.ETag))
            .Concat(owners.Value.Select(owner => (StorageLayout.OwnerRowKey(owner.Partition), owner.ETag)));
        var deleted = await DeleteRowsAsync(group, read.Value.ETag, [.. rows]);
        if (!deleted.IsDone)
            return deleted.As<Nothing>();
        foreach (var offset in offsets.Value)
            committed(group, offset.ToCommitted().Partition, null);
        var replaced = await ReplaceAsync(group, read.Value with { ETag = deleted.Value }, GroupHeadState.Deleted);
        return replaced.IsDone ? Outcome.Done() : replaced.As<Nothing>();
    }

    /// <summary>
    /// Deletes rows that nobody has changed since they were read, while the head stands as it was read before them, 99 in one operation, and answers the head's new ETag. Without the head
    /// rows of a group that was made again meanwhile could be among them.
    /// </summary>
    public async ValueTask<Outcome<ETag>> DeleteRowsAsync(GroupId group, ETag head, IReadOnlyList<(string Key, ETag ETag)> rows)
    {
        foreach (var some in rows.Chunk(RowBatch.MaxOperations - 1))
        {
            var batch = new RowBatch(group.Value).Merge(StorageLayout.HeadRowKey, new Dictionary<string, RowValue>(), head);
            foreach (var (key, etag) in some)
                batch.Delete(key, etag);
            var deleted = await table.CommitAsync(batch);
            if (!deleted.IsDone)
                return deleted.As<ETag>();
            head = deleted.Value[0];
        }

        return Outcome.Done(head);
    }

    private ValueTask<Outcome<IReadOnlyList<ETag>>> ReplaceAsync(GroupId group, StoredHead head, GroupHeadState state)
    {
        var row = new GroupHeadRow(state, head.Row.Generation + 1, null, [], [], 0);
        return table.CommitAsync(new RowBatch(group.Value).Replace(StorageLayout.HeadRowKey, row.Encode(), head.ETag));
    }
}

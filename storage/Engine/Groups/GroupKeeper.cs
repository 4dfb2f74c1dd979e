using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// The housekeeping of one group: removes members that nobody has heard of when no other member was there to notice, follows topics, and takes away what nobody needs any more: owner rows
/// of the gone, offsets of deleted topics, offsets past their retention, in the end the group. Each step is decided by the rows, so it may be repeated by anybody at any time.
/// </summary>
internal sealed class GroupKeeper(GroupContext context, GroupMembership membership, GroupDeletion deletion)
{
    /// <summary>From one look at a group with members to the next; members that are there notice sooner what is to be noticed.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(5);

    /// <summary>The longest time to the next look at a group without members.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromDays(1);

    /// <summary>Looks, and answers when to look again, ms since 1970; null: there is nothing left. Throws <see cref="StorageUnavailableException"/>.</summary>
    public async ValueTask<long?> LookAsync(string name, ServiceClock clock)
    {
        if (!GroupId.TryParse(name, out var group))
            return null;
        var head = await context.Table.ReadHeadAsync(group, CancellationToken.None);
        if (head.Status == OutcomeStatus.Missing)
            return await context.Directory.ForgetAsync(group) ? null : In(GroupDirectory.Fresh);
        var row = Require(head, group).Row;
        switch (row.State)
        {
            case GroupHeadState.Open:
                return await LookAtOpenAsync(group, clock);
            case GroupHeadState.Deleting:
                Require(await deletion.FinishAsync(group), group);
                return In(GroupDeletion.HeadStays);
            case GroupHeadState.Deleted:
                var age = head.Value.ReadAt - head.Value.ChangedAt;
                if (age < GroupDeletion.HeadStays)
                    return In(GroupDeletion.HeadStays - age);
                var removed = await context.Table.CommitAsync(new RowBatch(group.Value).Delete(StorageLayout.HeadRowKey, head.Value.ETag));
                return removed.IsDone && await context.Directory.ForgetAsync(group) ? null : In(GroupDirectory.Fresh);
            default:
                throw new InvalidOperationException($"No such state: {row.State}");
        }

        long In(TimeSpan span) => (clock.Now + span).ToUnixTimeMilliseconds();
    }

    private async ValueTask<long?> LookAtOpenAsync(GroupId group, ServiceClock clock)
    {
        var refreshed = await membership.ChangeAsync(group, MembershipChange.Refresh, $"Looking after group '{group}'", CancellationToken.None);
        if (refreshed.IsRefused)
            throw new StorageUnavailableException(refreshed.Refusal.Message);

        // Offsets before the topics, so that a topic that is not among them is gone.
        var head = Require(await context.Table.ReadHeadAsync(group, CancellationToken.None), group);
        var owners = Require(await context.Table.ListOwnersAsync(group, CancellationToken.None), group);
        var offsets = Require(await context.Table.ListOffsetsAsync(group, CancellationToken.None), group);
        var topics = await context.Topics.ReadAsync(CancellationToken.None);
        if (topics.IsRefused)
            throw new StorageUnavailableException(topics.Refusal.Message);
        if (head.Row.State != GroupHeadState.Open)
            return clock.Now.ToUnixTimeMilliseconds();
        var plan = RetentionRules.Decide(head, owners, offsets, topics.Value.All, context.Options.OffsetsRetention);
        var deleted = await deletion.DeleteRowsAsync(group, head.ETag, plan.Rows);
        if (!deleted.IsDone && deleted.Status is not (OutcomeStatus.ConditionFailed or OutcomeStatus.Missing))
            throw new StorageUnavailableException($"Looking after group '{group}': {deleted}");
        if (deleted.IsDone)
        {
            var keys = plan.Rows.Select(row => row.Key).ToHashSet(StringComparer.Ordinal);
            foreach (var offset in offsets.Where(offset => keys.Contains(StorageLayout.OffsetRowKey(offset.Partition))))
                context.Committed(group, offset.ToCommitted().Partition, null);
        }

        if (plan.IsOver && deleted.IsDone)
        {
            // Only if nobody has come or committed since the head was read.
            var marked = await deletion.MarkAsync(group, head with { ETag = deleted.Value });
            if (marked.IsDone)
                Require(await deletion.FinishAsync(group), group);
            return (clock.Now + (marked.IsDone ? GroupDeletion.HeadStays : LookInterval)).ToUnixTimeMilliseconds();
        }

        var interval = head.Row.Shares.Count > 0 || !deleted.IsDone ? LookInterval : plan.NextIn < LongestInterval ? plan.NextIn : LongestInterval;
        return (clock.Now + (interval > LookInterval ? interval : LookInterval)).ToUnixTimeMilliseconds();
    }

    private static T Require<T>(Outcome<T> outcome, GroupId group) =>
        outcome.IsDone ? outcome.Value : throw new StorageUnavailableException($"Looking after group '{group}': {outcome}");
}

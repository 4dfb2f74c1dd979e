using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Simulation.Groups;

/// <summary>What may happen to a group's rows, said a second time: looks at each change as it takes effect, and asks no engine.</summary>
internal sealed class GroupJudge(GroupWorld world)
{
    private readonly HashSet<(string Group, string Member, long Epoch)> _epochs = [];
    private readonly Dictionary<string, long> _generations = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, TopicPartition), (CommitTag Tag, long Order)> _last = [];
    private readonly Dictionary<CommitTag, HashSet<TopicPartition>> _stored = [];

    /// <summary>A commit of this tag has been stored for the partition, and may have been superseded since.</summary>
    public bool WasStored(CommitTag tag, TopicPartition partition) => _stored.TryGetValue(tag, out var partitions) && partitions.Contains(partition);

    public bool WasStored(CommitTag tag) => _stored.ContainsKey(tag);

    public void Judge(string group, GroupImage before, GroupImage after, RowBatch batch)
    {
        JudgeHead(group, before, after);
        JudgeMembers(group, before, after);
        world.Tally.Gone += before.Members.Keys.Count(member => !after.Members.ContainsKey(member));
        foreach (var operation in batch.Operations)
        {
            if (operation.RowKey.StartsWith(StorageLayout.OffsetRowKeyPrefix, StringComparison.Ordinal))
                JudgeOffset(group, before, after, operation);
            else if (operation.RowKey.StartsWith(StorageLayout.OwnerRowKeyPrefix, StringComparison.Ordinal))
                JudgeOwner(group, before, after, GroupImage.PartitionOf(operation.RowKey, StorageLayout.OwnerRowKeyPrefix));
        }
    }

    /// <summary>The head names exactly the members whose rows there are, shares each partition out once, and its generation only grows, whatever became of the group meanwhile.</summary>
    private void JudgeHead(string group, GroupImage before, GroupImage after)
    {
        var head = after.Head;
        if (head is null)
        {
            if (!after.IsNothing && !after.Members.IsEmpty)
                world.Report("I16", $"{group} has members and no head");
            return;
        }

        if (!head.Shares.Select(share => (share.Member, share.Epoch)).SequenceEqual(after.Members.Select(member => (member.Key, member.Value.Epoch))))
            world.Report("I16", $"{group}: the head names {Show(head)}, and there are {string.Join(' ', after.Members.Select(member => $"{member.Key}:{member.Value.Epoch}"))}");
        if (ReferenceEquals(head, before.Head))
            return;
        world.Tally.Generations++;
        if (head.State == GroupHeadState.Deleting && before.Head?.State == GroupHeadState.Open)
            world.Tally.Deletions++;
        if (_generations.TryGetValue(group, out var last) && head.Generation <= last)
            world.Report("I16", $"{group}: generation {head.Generation} comes after {last}");
        _generations[group] = head.Generation;
        var shared = head.Shares.SelectMany(share => share.Target).ToList();
        var wanted = head.Shares.Count == 0 ? [] : head.Topics.SelectMany(topic => Enumerable.Range(0, topic.Partitions).Select(partition => new TopicPartition(topic.Id, partition))).ToList();
        if (shared.Count != wanted.Count || !shared.ToHashSet().SetEquals(wanted))
            world.Report("I20", $"{group}: {wanted.Count} partitions are shared out as {Show(head)}");
    }

    /// <summary>An epoch is had once.</summary>
    private void JudgeMembers(string group, GroupImage before, GroupImage after)
    {
        foreach (var (member, row) in after.Members)
        {
            if (!before.IsThere(member, row.Epoch) && !_epochs.Add((group, member, row.Epoch)))
                world.Report("I16", $"{group}: {member} comes under epoch {row.Epoch} again");
        }
    }

    private void JudgeOwner(string group, GroupImage before, GroupImage after, TopicPartition partition)
    {
        var had = before.Owners.GetValueOrDefault(partition);
        var has = after.Owners.GetValueOrDefault(partition);
        if (had is not null && before.IsThere(had.Member, had.Epoch))
        {
            var isGivenUp = has is null && world.GivenUp.Contains((had.Member, had.Epoch, partition));
            if (has != had && !isGivenUp)
                world.Report("I16", $"{group}: {partition} is taken from {had.Member}:{had.Epoch}, who is there, for {has?.Member}:{has?.Epoch}");
        }
        else if (had is not null && has is not null)
        {
            world.Tally.TakenOver++;
        }

        if (has is not null && !after.IsThere(has.Member, has.Epoch))
            world.Report("I16", $"{group}: {partition} goes to {has.Member}:{has.Epoch}, who is not there");
    }

    private void JudgeOffset(string group, GroupImage before, GroupImage after, RowOperation operation)
    {
        var partition = GroupImage.PartitionOf(operation.RowKey, StorageLayout.OffsetRowKeyPrefix);
        if (operation.Kind == RowOperationKind.Delete)
        {
            _last.Remove((group, partition));
            return;
        }

        world.Tally.Effective++;
        var row = after.Offsets[partition];
        if (row.Offset > world.Effects.DurableEnd(partition))
            world.Report("R14", $"{group}: {partition} is committed at {row.Offset}, and ends at {world.Effects.DurableEnd(partition)}");
        if (row.Member is null)
        {
            if (after.Head is not { State: GroupHeadState.Open, Shares.Count: 0 })
                world.Report("I15", $"{group}: {partition} is committed by nobody, and there are {after.Members.Count} members");
        }
        else if (!before.IsThere(row.Member, row.Epoch) || before.Owners.GetValueOrDefault(partition) is not { } owner || owner.Member != row.Member || owner.Epoch != row.Epoch)
        {
            world.Report("I15", $"{group}: {partition} is committed by {row.Member}:{row.Epoch}, and belongs to {before.Owners.GetValueOrDefault(partition)}");
        }

        if (CommitTag.Parse(row.Metadata) is not { } tag)
        {
            _last.Remove((group, partition));
            return;
        }

        if (row.Member is not null && _last.TryGetValue((group, partition), out var last) && last.Tag.Member == tag.Member && last.Tag.Epoch == tag.Epoch && last.Tag.Sequence > tag.Sequence)
            world.Report("I15", $"{group}: commit {tag} of {partition} takes effect after {last.Tag}");
        _last[(group, partition)] = (tag, world.Now);
        if (!_stored.TryGetValue(tag, out var partitions))
            _stored.Add(tag, partitions = []);
        partitions.Add(partition);
    }

    private static string Show(GroupHeadRow head) => string.Join(' ', head.Shares.Select(share => $"{share.Member}:{share.Epoch}={share.Target.Count}"));
}

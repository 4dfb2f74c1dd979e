using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>How groups stand, for people and for lists. Reads only; whoever has not been heard of is left out, and stays for others to remove.</summary>
internal sealed class GroupViews(GroupContext context)
{
    private const int Parallel = 8;

    public async ValueTask<Result<GroupDescription>> DescribeAsync(GroupId group, CancellationToken cancellationToken)
    {
        var doing = $"Reading group '{group}'";
        var head = await context.Table.ReadHeadAsync(group, cancellationToken);
        if (head.Status == OutcomeStatus.Missing)
            return GroupRefusals.UnknownGroup(group);
        if (!head.IsDone)
            return MetadataRefusals.NothingChanged(doing);
        var row = head.Value.Row;
        if (row.State != GroupHeadState.Open)
            return GroupRefusals.UnknownGroup(group);
        if (row.Shares.Count == 0)
            return new GroupDescription(group, GroupStatus.Empty, row.Assignor, row.Generation, []);
        var members = await context.Table.ListMembersAsync(group, cancellationToken);
        if (!members.IsDone)
            return MetadataRefusals.NothingChanged(doing);
        var owners = await context.Table.ListOwnersAsync(group, cancellationToken);
        return owners.IsDone ? Describe(group, row, members.Value, owners.Value) : MetadataRefusals.NothingChanged(doing);
    }

    public async ValueTask<Result<GroupPage>> ListAsync(int pageSize, string? after, CancellationToken cancellationToken)
    {
        var listed = await context.Directory.ListAsync(after, pageSize, cancellationToken);
        if (!listed.IsDone)
            return MetadataRefusals.NothingChanged("Listing the groups");
        var groups = new List<GroupListing>();
        foreach (var some in listed.Value.Chunk(Parallel))
        {
            foreach (var described in await Task.WhenAll(some.Select(group => DescribeAsync(group, cancellationToken).AsTask())))
            {
                if (!described.IsRefused)
                    groups.Add(new GroupListing(described.Value.Group, described.Value.Status, described.Value.Assignor));
                else if (described.Refusal.Code != Protocol.Errors.ErrorCode.GroupIdNotFound)
                    return described.Refusal;
            }
        }

        return new GroupPage(groups, listed.Value.Count < pageSize ? null : listed.Value[^1].Value);
    }

    /// <summary>What is committed of topics that stand, by topic and partition.</summary>
    public async ValueTask<Result<IReadOnlyList<CommittedOffset>>> OffsetsAsync(GroupId group, IReadOnlyList<PartitionName>? partitions, CancellationToken cancellationToken)
    {
        var listed = await context.Table.ListOffsetsAsync(group, cancellationToken);
        if (!listed.IsDone)
            return MetadataRefusals.NothingChanged($"Reading what group '{group}' has committed");
        var asked = partitions?.ToHashSet();
        var offsets = new List<CommittedOffset>();
        var standing = new Dictionary<string, TopicId?>(StringComparer.Ordinal);
        foreach (var offset in listed.Value)
        {
            var name = offset.Row.Topic;
            if (asked is not null && !asked.Contains(new PartitionName(name, offset.Partition.Partition)) && !asked.Contains(new PartitionName(name, null)))
                continue;
            if (!standing.TryGetValue(name, out var id) || id != offset.Partition.Topic)
            {
                // What is remembered may be the incarnation before: then it is read, so that nothing is left out that stands.
                var found = await context.Logs.FindTopicAsync(name, cancellationToken);
                if (!found.IsRefused && found.Value.Id != offset.Partition.Topic && !standing.ContainsKey(name))
                    found = await context.Logs.ReadTopicAsync(name, cancellationToken);
                if (found.Refusal is { Code: not Protocol.Errors.ErrorCode.UnknownTopicOrPartition } refusal)
                    return refusal;
                standing[name] = id = found.IsRefused ? null : found.Value.Id;
            }

            if (id == offset.Partition.Topic)
                offsets.Add(offset.ToCommitted());
        }

        offsets.Sort((left, right) => string.CompareOrdinal(left.Partition.Topic, right.Partition.Topic) is var order and not 0
            ? order
            : left.Partition.Partition.CompareTo(right.Partition.Partition));
        return offsets;
    }

    private static GroupDescription Describe(GroupId group, GroupHeadRow head, IReadOnlyList<StoredMember> members, IReadOnlyList<StoredOwner> owners)
    {
        var names = head.Topics.ToDictionary(topic => topic.Id, topic => topic.Name);
        var described = new List<MemberDescription>();
        var isStable = true;
        foreach (var member in members)
        {
            if (member.IsExpired || !MemberId.TryParse(member.Member, out var id))
            {
                isStable = false;
                continue;
            }

            var owned = owners.Where(owner => owner.Row.Member == member.Member && owner.Row.Epoch == member.Row.Epoch)
                .Select(owner => new GroupPartition(owner.Row.Topic, owner.Partition.Topic, owner.Partition.Partition))
                .OrderBy(partition => partition.Topic, StringComparer.Ordinal).ThenBy(partition => partition.Partition).ToArray();
            var share = head.ShareOf(member.Member);
            var target = share?.Epoch == member.Row.Epoch ? share.Target : [];
            isStable &= owned.Select(partition => partition.Key).ToHashSet().SetEquals(target);
            described.Add(new MemberDescription(
                id, member.Row.Epoch, member.Subscription, member.SeenAt, owned,
                [.. target.Select(partition => new GroupPartition(names[partition.Topic], partition.Topic, partition.Partition))])
            {
                ClientId = member.Row.ClientId,
                InstanceId = member.Row.InstanceId,
                SessionTimeout = member.SessionTimeout,
            });
        }

        var status = described.Count == 0 ? GroupStatus.Empty : isStable ? GroupStatus.Stable : GroupStatus.Reconciling;
        return new GroupDescription(group, status, head.Assignor, head.Generation, described);
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// What an instance knows of a member: its row under an ETag, the head, and what the member owned, read no earlier than the row. As long as the row has that ETag it owns just that, for
/// what it owns changes only in transactions that replace the row, or after the row was deleted; and whoever gives it another share writes the row too. So a transaction under the ETag
/// needs no reading before it, and one that is refused does no harm.
/// </summary>
/// <param name="Owned">By topic's name and number.</param>
internal sealed record MemberSession(
    string Member, GroupMemberRow Row, ETag ETag, GroupHeadRow Head, IReadOnlyList<GroupPartition> Owned, IReadOnlyList<TopicPartition> Target)
{
    /// <summary>Calls of the member come to other instances too, so its row is looked at before it is relied on.</summary>
    public bool IsShared { get; init; }

    /// <summary>All owners of the group, if they were read for this call, after the member's row and before the head.</summary>
    public IReadOnlyList<StoredOwner>? Owners { get; init; }

    /// <summary>When the head was read, by the instance's timestamps.</summary>
    public long KnownSince { get; init; }

    /// <summary>Something it is to have is with others yet; whether it still is must be looked at.</summary>
    public bool IsAwaiting { get; private init; }

    /// <summary>It owns what it is to have, and nothing else.</summary>
    public bool IsSettled => !IsAwaiting && Owned.Count == Target.Count;

    public static MemberSession Of(string member, GroupMemberRow row, ETag etag, GroupHeadRow head, IEnumerable<GroupPartition> owned)
    {
        GroupPartition[] sorted = [.. owned.OrderBy(partition => partition.Topic, StringComparer.Ordinal).ThenBy(partition => partition.Partition)];
        var target = head.ShareOf(member) is { } share && share.Epoch == row.Epoch ? share.Target : [];
        return new MemberSession(member, row, etag, head, sorted, target) { IsAwaiting = target.Except(sorted.Select(partition => partition.Key)).Any() };
    }

    public bool Owns(TopicPartition partition)
    {
        foreach (var owned in Owned)
        {
            if (owned.Key == partition)
                return true;
        }

        return false;
    }

    public HeartbeatResult ToResult()
    {
        var names = Head.Topics.ToDictionary(topic => topic.Id, topic => topic.Name);
        var target = Target.ToHashSet();
        var owned = Owned.Select(partition => partition.Key).ToHashSet();
        return new HeartbeatResult(
            Row.Epoch,
            Head.Generation,
            Owned,
            [.. Owned.Where(partition => !target.Contains(partition.Key))],
            [.. Target.Where(partition => !owned.Contains(partition)).Select(partition => new GroupPartition(names[partition.Topic], partition.Topic, partition.Partition))]);
    }
}

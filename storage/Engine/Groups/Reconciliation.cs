using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// How a member comes to what it is to have, decided from rows alone: it claims what is free, takes over what somebody had who is gone, and gives up what it was asked to and has done
/// with. What somebody else has, and is there, it waits for.
/// </summary>
internal static class Reconciliation
{
    /// <param name="session">Of the member; the owners were read after its row, and the head after the owners.</param>
    /// <param name="owners">Null: they were not read, since the member waits for nothing.</param>
    /// <param name="released">What the member has done with.</param>
    public static IReadOnlyList<OwnerStep> Decide(
        string member, MemberSession session, IReadOnlyList<StoredOwner>? owners, IReadOnlyList<TopicPartition> released, GroupRules rules)
    {
        var steps = new List<OwnerStep>();
        if (released.Count > 0)
        {
            var revoked = released.Except(session.Target).ToHashSet();
            steps.AddRange(session.Owned.Where(partition => revoked.Contains(partition.Key)).Select(partition => new OwnerStep(OwnerStepKind.Release, partition)));
        }

        if (owners is null)
            return steps;
        var names = session.Head.Topics.ToDictionary(topic => topic.Id, topic => topic.Name);
        var holders = owners.ToDictionary(owner => owner.Partition);
        var owned = session.Owned.Select(partition => partition.Key).ToHashSet();
        foreach (var partition in session.Target)
        {
            if (owned.Contains(partition))
                continue;
            var named = new GroupPartition(names[partition.Topic], partition.Topic, partition.Partition);
            if (!rules.ClaimByInsert)
                steps.Add(new OwnerStep(OwnerStepKind.Seize, named));
            else if (!holders.TryGetValue(partition, out var holder))
                steps.Add(new OwnerStep(OwnerStepKind.Claim, named));
            else if (IsGone(holder.Row, session.Head) || !rules.TakeOnlyFromTheGone)
                steps.Add(new OwnerStep(OwnerStepKind.TakeOver, named, holder.ETag));
        }

        return steps;
    }

    /// <summary>
    /// The head names exactly the members whose rows there are. An epoch is the generation in which a member came; one above the head's came after the head was read, and may well be
    /// there. One at or below it that the head does not name has gone, and never comes back.
    /// </summary>
    public static bool IsGone(GroupOwnerRow owner, GroupHeadRow head) => owner.Epoch <= head.Generation && head.ShareOf(owner.Member)?.Epoch != owner.Epoch;

    /// <summary>What it owns after these steps.</summary>
    public static IEnumerable<GroupPartition> After(IReadOnlyList<GroupPartition> owned, IEnumerable<OwnerStep> steps)
    {
        var now = owned.ToDictionary(partition => partition.Key);
        foreach (var step in steps)
        {
            if (step.Kind == OwnerStepKind.Release)
                now.Remove(step.Partition.Key);
            else
                now[step.Partition.Key] = step.Partition;
        }

        return now.Values;
    }
}

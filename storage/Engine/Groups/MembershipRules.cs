using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups.Assignors;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// How a group's members and shares change, decided from rows alone. Members and shares move together: the head gets the next generation and newly made shares under its ETag, and the
/// member's row is inserted, replaced or deleted in the same transaction. Whoever has not been heard of for longer than its session goes with the same change.
/// </summary>
internal static class MembershipRules
{
    public const int MaxMembers = 1000;

    public static MembershipDecision Decide(GroupId group, GroupState state, MembershipChange change, long now, GroupRules rules)
    {
        if (state.Head?.Row.State == GroupHeadState.Deleting)
            return change.Kind == MembershipChangeKind.Join ? MembershipDecision.FinishDeletion : Absent(group, change);
        var isOpen = state.Head?.Row.State == GroupHeadState.Open;
        if (!isOpen && change.Kind != MembershipChangeKind.Join)
            return Absent(group, change);
        var before = state.Head?.Row ?? new GroupHeadRow(GroupHeadState.Deleted, 0, null, [], [], 0);
        var about = state.Members.FirstOrDefault(member => member.Member == change.Member);
        if (Refusal(group, change, about) is { } refusal)
            return MembershipDecision.Refuse(refusal);

        if (change.Kind == MembershipChangeKind.Resubscribe && about!.Subscription == new MemberSubscription(change.Row!.Topics, change.Row.Pattern))
            return MembershipDecision.Nothing(before);

        // What an entity group transaction holds, the head and the member that it is about taken off.
        var leaving = state.Members
            .Where(member => member != about && (change.Kind == MembershipChangeKind.Disband || member.IsExpired))
            .Take(RowBatch.MaxOperations - 2).ToList();
        var staying = state.Members.Where(member => member != about && !leaving.Contains(member)).ToList();
        var generation = isOpen ? before.Generation + 1 : Math.Max(now, before.Generation + 1);
        var row = RowOf(change, about, generation, rules);
        var candidates = staying.Select(member => new Candidate(member.Member, member.Row)).ToList();
        if (row is not null)
            candidates.Add(new Candidate(change.Member!, row));
        if (candidates.Count > MaxMembers)
            return MembershipDecision.Refuse(new Refusal(ErrorCode.GroupMaxSizeReached, $"Group '{group}' has {MaxMembers} members, and no more can join it."));

        var after = Share(before, candidates, state.Topics.All, generation);
        if (change.Kind == MembershipChangeKind.Refresh && leaving.Count == 0 && IsSame(before, after))
            return MembershipDecision.Nothing(before);
        after = after with { EmptySince = candidates.Count > 0 ? 0 : state.Head?.ReadAt.ToUnixTimeMilliseconds() ?? 0 };
        try
        {
            return Commit(group, state, change, about, row, leaving, staying, after);
        }
        catch (ArgumentException)
        {
            return MembershipDecision.Refuse(new Refusal(
                ErrorCode.GroupMaxSizeReached, $"Group '{group}': members and partitions are so many that who has what does not fit into a row of storage."));
        }
    }

    /// <summary>Nobody is there: to make others go, or to look whether anybody should, is done.</summary>
    private static MembershipDecision Absent(GroupId group, MembershipChange change) => change.Member is { } member
        ? MembershipDecision.Refuse(GroupRefusals.UnknownMember(group, member))
        : MembershipDecision.Nothing(null);

    private static Refusal? Refusal(GroupId group, MembershipChange change, StoredMember? about)
    {
        if (change.Kind is not (MembershipChangeKind.Leave or MembershipChangeKind.Resubscribe))
            return null;
        if (about is null)
            return GroupRefusals.UnknownMember(group, change.Member!);
        return change.Epoch is { } epoch && epoch != about.Row.Epoch ? GroupRefusals.FencedMember(group, change.Member!, epoch, about.Row.Epoch) : null;
    }

    private static GroupMemberRow? RowOf(MembershipChange change, StoredMember? about, long generation, GroupRules rules) => change.Kind switch
    {
        MembershipChangeKind.Join => change.Row! with { Epoch = !rules.NewEpochs ? about?.Row.Epoch ?? 1 : generation },
        MembershipChangeKind.Resubscribe => about!.Row with { Topics = change.Row!.Topics, Pattern = change.Row.Pattern, SeenAt = 0, Settled = 0 },
        MembershipChangeKind.Leave or MembershipChangeKind.Refresh or MembershipChangeKind.Disband => null,
        _ => throw new ArgumentOutOfRangeException(nameof(change), change.Kind, "No such change."),
    };

    private static GroupHeadRow Share(GroupHeadRow before, List<Candidate> members, IReadOnlyList<GroupTopic> all, long generation)
    {
        var assignor = Vote(members) ?? (members.Count == 0 ? before.Assignor : AssignorNames.Sticky);
        var wanted = members.Select(member => TopicMatcher.Match(new MemberSubscription(member.Row.Topics, member.Row.Pattern), all)).ToList();
        var places = wanted.SelectMany(topics => topics).Distinct().Order().ToArray();
        var topics = places.Select(place => all[place]).ToArray();
        var problem = new AssignmentProblem(
            [
                .. members.Zip(wanted, (member, wants) => new AssignmentMember(
                    member.Member, member.Row.InstanceId, [.. wants.Select(place => Array.BinarySearch(places, place))], before.ShareOf(member.Member)?.Target ?? [])),
            ],
            topics);
        var targets = members.Count == 0 ? [] : Assignor.Assign(assignor!, problem);
        var shares = members.Zip(targets, (member, target) => new GroupShare(member.Member, member.Row.Epoch, target)).OrderBy(share => share.Member, StringComparer.Ordinal);
        return new GroupHeadRow(GroupHeadState.Open, generation, assignor, topics, [.. shares], before.EmptySince);
    }

    /// <summary>What most of those want who want anything; of two that are wanted by as many, the first by name. Null: nobody wants anything.</summary>
    private static string? Vote(List<Candidate> members) => members
        .Where(member => member.Row.Assignor is not null)
        .GroupBy(member => member.Row.Assignor!)
        .OrderByDescending(votes => votes.Count()).ThenBy(votes => votes.Key, StringComparer.Ordinal)
        .FirstOrDefault()?.Key;

    private static bool IsSame(GroupHeadRow before, GroupHeadRow after) =>
        before.Assignor == after.Assignor && before.Topics.SequenceEqual(after.Topics) && before.Shares.Count == after.Shares.Count
        && before.Shares.Zip(after.Shares).All(pair => pair.First.Member == pair.Second.Member && pair.First.Epoch == pair.Second.Epoch && pair.First.Target.SequenceEqual(pair.Second.Target));

    private static MembershipDecision Commit(
        GroupId group, GroupState state, MembershipChange change, StoredMember? about, GroupMemberRow? row, List<StoredMember> leaving, List<StoredMember> staying, GroupHeadRow after)
    {
        var batch = new RowBatch(group.Value);
        if (state.Head is { } head)
            batch.Replace(StorageLayout.HeadRowKey, after.Encode(), head.ETag);
        else
            batch.Insert(StorageLayout.HeadRowKey, after.Encode());
        if (about is not null && row is not null)
            batch.Replace(StorageLayout.MemberRowKey(about.Member), row.Encode(), about.ETag);
        else if (row is not null)
            batch.Insert(StorageLayout.MemberRowKey(change.Member!), row.Encode());
        else if (about is not null)
            batch.Delete(StorageLayout.MemberRowKey(about.Member), about.ETag);

        // Whoever is heard of meanwhile has another ETag, and stays.
        foreach (var member in leaving)
            batch.Delete(StorageLayout.MemberRowKey(member.Member), member.ETag);

        // Whose share is another now finds its row changed at its next heartbeat, and looks. Written whatever the row is: it is the head's ETag that says that the row is there.
        var afterwards = new List<(string, Dictionary<string, RowValue>)>();
        foreach (var member in staying)
        {
            var had = state.Head!.Row.ShareOf(member.Member)?.Target ?? [];
            if (had.SequenceEqual(after.ShareOf(member.Member)!.Target))
                continue;
            var news = new Dictionary<string, RowValue> { [GroupMemberRow.SeenAtProperty] = member.SeenAt.ToUnixTimeMilliseconds() };
            if (batch.Operations.Count < RowBatch.MaxOperations)
                batch.Merge(StorageLayout.MemberRowKey(member.Member), news, null);
            else
                afterwards.Add((member.Member, news));
        }

        var isMore = staying.Any(member => change.Kind == MembershipChangeKind.Disband || member.IsExpired);
        return MembershipDecision.Commit(batch, after, row, afterwards, isMore);
    }

    private readonly record struct Candidate(string Member, GroupMemberRow Row);
}

using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>What of a commit is to be stored.</summary>
/// <param name="Rows">Empty: nothing.</param>
internal sealed record CommitDecision(Refusal? Refusal, CommitResult Result, IReadOnlyList<(string Key, GroupOffsetRow Row)> Rows, long Sequence)
{
    public static CommitDecision Refuse(Refusal refusal) => new(refusal, CommitResult.AllDone, [], 0);
}

/// <summary>Which commits are taken, decided from the member's row and what it owns.</summary>
internal static class CommitRules
{
    public static CommitDecision Decide(GroupId group, MemberSession session, CommitRequest request, IReadOnlyList<ResolvedCommit> commits, GroupRules rules)
    {
        var row = session.Row;
        if (row.Epoch != request.Epoch)
            return CommitDecision.Refuse(GroupRefusals.StaleMember(group, session.Member, request.Epoch, row.Epoch));

        // The same again is stored again: nothing newer has been since, and which partitions are refused is found out anew.
        if (request.Sequence is { } given && given < row.CommitSequence && rules.OrderCommits)
            return CommitDecision.Refuse(GroupRefusals.OverheldCommit(group, session.Member, given, row.CommitSequence));

        var refused = new List<RefusedCommit>();
        var taken = new List<ResolvedCommit>();
        var owned = session.Owned.Select(partition => partition.Key).ToHashSet();
        foreach (var commit in commits)
        {
            if (FaultOf(group, session, commit, owned) is { } fault)
                refused.Add(new RefusedCommit(commit.Commit, fault));
            else
                taken.Add(commit);
        }

        return new CommitDecision(null, new CommitResult(refused), Rows(taken, session.Member, row.Epoch), request.Sequence ?? row.CommitSequence + 1);
    }

    /// <summary>What a try before this one may have stored, and this one refuses, nobody can tell.</summary>
    /// <param name="attempted">The keys of rows that may have been written.</param>
    public static CommitResult Doubt(CommitResult result, IReadOnlyList<ResolvedCommit> commits, HashSet<string> attempted, Refusal unknown)
    {
        if (attempted.Count == 0 || result.Refused.Count == 0)
            return result;
        var doubtful = commits.Where(commit => attempted.Contains(StorageLayout.OffsetRowKey(commit.Partition))).Select(commit => commit.Commit).ToHashSet();
        return new CommitResult([.. result.Refused.Select(refused => doubtful.Contains(refused.Commit) ? refused with { Why = unknown } : refused)]);
    }

    /// <summary>By partition; of several commits of one partition the last counts. Those with a fault are left out.</summary>
    public static IReadOnlyList<(string Key, GroupOffsetRow Row)> Rows(IReadOnlyList<ResolvedCommit> commits, string? member, long epoch)
    {
        var rows = new SortedDictionary<string, GroupOffsetRow>(StringComparer.Ordinal);
        foreach (var (commit, partition, fault) in commits)
        {
            if (fault is null)
                rows[StorageLayout.OffsetRowKey(partition)] = new GroupOffsetRow(commit.Topic, commit.Offset, Math.Max(-1, commit.LeaderEpoch), commit.Metadata, member, epoch);
        }

        return [.. rows.Select(row => (row.Key, row.Value))];
    }

    private static Refusal? FaultOf(GroupId group, MemberSession session, ResolvedCommit commit, HashSet<Protocol.Identity.TopicPartition> owned)
    {
        var (asked, partition, fault) = commit;
        if (owned.Contains(partition))
            return fault;

        // It owned the partition of the incarnation before: that is what it has read.
        foreach (var old in session.Owned)
        {
            if (old.Topic == asked.Topic && old.Partition == asked.Partition)
                return GroupRefusals.OtherIncarnation(asked.Topic, old.TopicId);
        }

        return fault ?? GroupRefusals.NotOwned(group, session.Member, asked.Topic, asked.Partition);
    }
}

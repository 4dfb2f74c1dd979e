using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// Carries out changes of a group's members: reads, decides (<see cref="MembershipRules"/>), commits, and begins again while somebody else was faster or nobody knows: what the rows say
/// then decides.
/// </summary>
internal sealed class GroupMembership(GroupContext context, GroupDeletion deletion)
{
    public async ValueTask<Result<ChangedMembership>> ChangeAsync(GroupId group, MembershipChange change, string doing, CancellationToken cancellationToken)
    {
        var tries = new WriteTries(context.Time, context.Entropy);
        long? attempted = null;
        var isPartDone = false;
        while (true)
        {
            var read = await ReadAsync(group, cancellationToken);
            if (read is not { } state)
                return GiveUp();
            var about = state.Members.FirstOrDefault(member => member.Member == change.Member);
            if (attempted is { } generation && IsDone(change, about, generation))
                return new ChangedMembership(state.Head?.Row, about?.Row, about?.ETag);
            var decision = MembershipRules.Decide(group, state, change, context.Time.GetUtcNow().ToUnixTimeMilliseconds(), context.Rules);
            if (decision.Refusal is { } refusal)
                return tries.MayHaveHappened ? GiveUp() : refusal;
            if (decision.IsDeletionInTheWay)
            {
                var finished = await deletion.FinishAsync(group);
                if (!finished.IsDone && !await tries.AgainAsync(finished.Status, cancellationToken))
                    return GiveUp();
                continue;
            }

            if (decision.Batch is not { } batch)
            {
                Learn(group, state.Members, decision.Head?.Generation ?? 0, state.Topics.Version);
                return new ChangedMembership(decision.Head, null, null);
            }

            if (state.Head is not { Row.State: GroupHeadState.Open } && await AnnounceAsync(group) is { IsDone: false } notAnnounced)
            {
                if (!await tries.AgainAsync(notAnnounced.Status == OutcomeStatus.Unknown ? OutcomeStatus.Throttled : notAnnounced.Status, cancellationToken))
                    return GiveUp();
                continue;
            }

            var committed = await context.Table.CommitAsync(batch);
            if (committed.IsDone)
            {
                await FollowUpAsync(group, state, change, decision);
                if (decision.IsMore && change.Member is null)
                {
                    isPartDone = true;
                    continue;
                }

                return new ChangedMembership(decision.Head, decision.Member, decision.Member is null ? null : committed.Value[1]);
            }

            if (committed.Status == OutcomeStatus.Unknown)
                attempted = decision.Head!.Generation;
            if (!await tries.AgainAsync(committed.Status, cancellationToken))
                return GiveUp();
        }

        Refusal GiveUp() => isPartDone ? MetadataRefusals.OutcomeUnknown(doing) : tries.GiveUp(doing);
    }

    public ValueTask<Outcome<Nothing>> FinishDeletionAsync(GroupId group) => deletion.FinishAsync(group);

    /// <summary>Looks whether anybody is gone, or topics have changed, on the occasion of a member's call. What comes of it concerns nobody but the group.</summary>
    public async ValueTask LookAfterAsync(GroupId group, string member, long? generation, CancellationToken cancellationToken)
    {
        await context.Topics.KeepRecentAsync(cancellationToken);
        var reason = context.Watches.Begin(group, member, context.Topics.Version, generation);
        if (reason == LookReason.None)
            return;
        var isLearned = false;
        try
        {
            if (reason == LookReason.Members)
            {
                var members = await context.Table.ListMembersAsync(group, cancellationToken);
                if (!members.IsDone)
                    return;
                if (!members.Value.Any(other => other.IsExpired))
                {
                    context.Watches.Looked(group, members.Value, generation ?? 0, null);
                    isLearned = true;
                    return;
                }
            }

            var refreshed = await ChangeAsync(group, MembershipChange.Refresh, $"Looking after group '{group}'", cancellationToken);
            isLearned = !refreshed.IsRefused;
        }
        finally
        {
            if (!isLearned)
                context.Watches.Failed(group);
        }
    }

    /// <summary>The head first, then its members, then the topics. Null: storage does not say.</summary>
    private async ValueTask<GroupState?> ReadAsync(GroupId group, CancellationToken cancellationToken)
    {
        var head = await context.Table.ReadHeadAsync(group, cancellationToken);
        if (!head.IsDone && head.Status != OutcomeStatus.Missing)
            return null;
        IReadOnlyList<StoredMember> members = [];
        if (head is { IsDone: true, Value.Row.State: GroupHeadState.Open })
        {
            var listed = await context.Table.ListMembersAsync(group, cancellationToken);
            if (!listed.IsDone)
                return null;
            members = listed.Value;
        }

        var topics = await context.Topics.ReadAsync(cancellationToken);
        return topics.IsRefused ? null : new GroupState(head.IsDone ? head.Value : null, members, topics.Value);
    }

    private static bool IsDone(MembershipChange change, StoredMember? about, long generation) => change.Kind switch
    {
        MembershipChangeKind.Join => about?.Row.Epoch == generation && about.Row.JoinId == change.Row!.JoinId,
        MembershipChangeKind.Resubscribe => about is not null && about.Row.Epoch == change.Epoch && about.Row.Pattern == change.Row!.Pattern && about.Row.Topics.SequenceEqual(change.Row.Topics),
        MembershipChangeKind.Leave => about is null || (change.Epoch is { } epoch && about.Row.Epoch != epoch),
        MembershipChangeKind.Refresh or MembershipChangeKind.Disband => false,
        _ => throw new ArgumentOutOfRangeException(nameof(change), change.Kind, "No such change."),
    };

    private async ValueTask FollowUpAsync(GroupId group, GroupState before, MembershipChange change, MembershipDecision decision)
    {
        if (change.Member is { } member)
            context.Sessions.Forget(group, member);
        foreach (var some in decision.Afterwards.Chunk(RowBatch.MaxOperations))
        {
            // A hint, and lost where one of them has gone meanwhile: they find it out at their next look at the head.
            var news = new RowBatch(group.Value);
            foreach (var (other, properties) in some)
                news.Merge(StorageLayout.MemberRowKey(other), properties, null);
            await context.Table.CommitAsync(news);
        }

        var there = decision.Head!.Shares.Select(share => share.Member).ToHashSet(StringComparer.Ordinal);
        var members = before.Members.Where(other => there.Contains(other.Member) && other.Member != change.Member).ToList();
        Learn(group, members, decision.Head.Generation, before.Topics.Version);
        if (decision.Member is { } row)
            context.Watches.Heard(group, change.Member!, TimeSpan.FromMilliseconds(row.SessionTimeoutMs));
        if (there.Count > 0)
            await AnnounceAsync(group);
    }

    private void Learn(GroupId group, IReadOnlyList<StoredMember> members, long generation, long topicsVersion) =>
        context.Watches.Looked(group, members, generation, topicsVersion);

    private ValueTask<Outcome<Nothing>> AnnounceAsync(GroupId group) => context.Directory.AnnounceAsync(group, context.Time.GetUtcNow() + GroupKeeper.LookInterval);
}

/// <summary>A group after a change.</summary>
/// <param name="Head">Null: there is no group.</param>
/// <param name="Member">Of whom the change was about, and who is there now.</param>
internal sealed record ChangedMembership(GroupHeadRow? Head, GroupMemberRow? Member, ETag? MemberETag);

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// Stores how far groups have read. A commit names its member and epoch, is taken for partitions that the member owns under it, and replaces the member's row in the same transaction: a
/// member that was removed, has joined again, or has given the partition up can commit nothing any more, however late a call of its lands. Without members, the head takes the member
/// row's part.
/// </summary>
internal sealed class GroupCommits(GroupContext context, GroupMembership membership, GroupHeartbeats heartbeats)
{
    /// <summary>With the row of a member or the head, and one more row for whoever keeps something beside.</summary>
    public const int OffsetsOfOneTransaction = RowBatch.MaxOperations - 2;

    public async ValueTask<Result<CommitResult>> CommitAsync(GroupId group, CommitRequest request, CancellationToken cancellationToken)
    {
        var member = request.Member.Value;
        var doing = $"The commit of member '{member}' of group '{group}'";
        var resolved = await ResolveAsync(request.Offsets, cancellationToken);
        var tries = new WriteTries(context.Time, context.Entropy);
        var attempted = new HashSet<string>(StringComparer.Ordinal);
        var known = context.Sessions.Find(group, member);
        while (true)
        {
            var isRemembered = known is { IsShared: false } && known.Row.Epoch == request.Epoch;
            var session = known;
            if (!isRemembered)
            {
                var loaded = await heartbeats.LoadAsync(group, member, known, cancellationToken);
                if (loaded.IsRefused)
                    return attempted.Count > 0 ? MetadataRefusals.OutcomeUnknown(doing) : loaded.Refusal;
                session = loaded.Value;
            }

            var status = OutcomeStatus.Throttled;
            if (session is not null)
            {
                var decision = CommitRules.Decide(group, session, request, resolved, context.Rules);

                // What is remembered says yes only under the row's ETag; that it says no may be because the member has got more since, by another instance.
                if (isRemembered && (decision.Refusal is not null || decision.Result.Refused.Count > 0))
                {
                    context.Sessions.Forget(group, member);
                    known = known! with { IsShared = true };
                    continue;
                }

                if (decision.Refusal is { } refusal)
                    return attempted.Count > 0 ? MetadataRefusals.OutcomeUnknown(doing) : refusal;
                var result = CommitRules.Doubt(decision.Result, resolved, attempted, MetadataRefusals.OutcomeUnknown(doing));
                if (decision.Rows.Count == 0)
                    return result;
                (status, session) = await CommitAsync(group, session, decision, attempted);
                if (status == OutcomeStatus.Done)
                {
                    context.Sessions.Remember(group, member, session with { Owners = null });
                    context.Watches.Heard(group, member, TimeSpan.FromMilliseconds(session.Row.SessionTimeoutMs));
                    Tell(group, resolved, result);
                    return result;
                }
            }

            context.Sessions.Forget(group, member);
            known = isRemembered ? known! with { IsShared = true } : null;
            if (isRemembered && status is OutcomeStatus.ConditionFailed or OutcomeStatus.Missing)
                continue;
            if (!await tries.AgainAsync(status, cancellationToken))
                return attempted.Count > 0 ? MetadataRefusals.OutcomeUnknown(doing) : tries.GiveUp(doing);
        }
    }

    public async ValueTask<Result<CommitResult>> CommitWithoutMembersAsync(GroupId group, IReadOnlyList<OffsetCommit> offsets, CancellationToken cancellationToken)
    {
        var resolved = await ResolveAsync(offsets, cancellationToken);
        var rows = CommitRules.Rows(resolved, null, 0);
        var result = new CommitResult([.. resolved.Where(commit => commit.Fault is not null).Select(commit => new RefusedCommit(commit.Commit, commit.Fault!))]);
        if (rows.Count == 0)
            return result;
        var stored = await StoreWithoutMembersAsync(group, rows, $"The commit to group '{group}'", cancellationToken);
        if (stored.IsRefused)
            return stored.Refusal;
        Tell(group, resolved, result);
        return result;
    }

    /// <summary>Writes offsets under the head's ETag; makes the group if there is none. Refuses with UNKNOWN_MEMBER_ID when it has members.</summary>
    public async ValueTask<Result<Nothing>> StoreWithoutMembersAsync(
        GroupId group, IReadOnlyList<(string Key, GroupOffsetRow Row)> rows, string doing, CancellationToken cancellationToken)
    {
        var tries = new WriteTries(context.Time, context.Entropy);
        var first = 0;
        while (first < rows.Count)
        {
            var opened = await OpenAsync(group, doing, tries, cancellationToken);
            if (opened.IsRefused)
                return first > 0 ? MetadataRefusals.OutcomeUnknown(doing) : opened.Refusal;
            var (head, etag) = opened.Value;
            OutcomeStatus status;
            do
            {
                var batch = new RowBatch(group.Value);
                if (etag is { } known && head is null)
                    batch.Merge(StorageLayout.HeadRowKey, new Dictionary<string, RowValue>(), known);
                else if (etag is { } replaced)
                    batch.Replace(StorageLayout.HeadRowKey, head!.Encode(), replaced);
                else
                    batch.Insert(StorageLayout.HeadRowKey, head!.Encode());
                var some = rows.Skip(first).Take(OffsetsOfOneTransaction).ToList();
                foreach (var (key, row) in some)
                    batch.Upsert(key, row.Encode());
                var committed = await context.Table.CommitAsync(batch);
                status = committed.Status;
                if (!committed.IsDone)
                    break;
                (head, etag) = (null, committed.Value[0]);
                first += some.Count;
            }
            while (first < rows.Count);
            if (status != OutcomeStatus.Done && !await tries.AgainAsync(status, cancellationToken))
                return first > 0 ? MetadataRefusals.OutcomeUnknown(doing) : tries.GiveUp(doing);
        }

        return default(Nothing);
    }

    private void Tell(GroupId group, IReadOnlyList<ResolvedCommit> commits, CommitResult result)
    {
        var refused = result.Refused.Select(one => one.Commit).ToHashSet();
        foreach (var (commit, partition, _) in commits)
        {
            if (!refused.Contains(commit))
                context.Committed(group, new GroupPartition(commit.Topic, partition.Topic, partition.Partition), commit.Offset);
        }
    }

    /// <summary>A head without members, to be committed under: an ETag alone, if it stands; else what is to be put in its place.</summary>
    private async ValueTask<Result<(GroupHeadRow? Head, ETag? ETag)>> OpenAsync(GroupId group, string doing, WriteTries tries, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await context.Table.ReadHeadAsync(group, cancellationToken);
            if (!read.IsDone && read.Status != OutcomeStatus.Missing)
                return tries.GiveUp(doing);
            if (read.IsDone && read.Value.Row is { State: GroupHeadState.Open, Shares.Count: > 0 })
            {
                // They may all be gone, and nobody have noticed.
                var looked = await membership.ChangeAsync(group, MembershipChange.Refresh, doing, cancellationToken);
                if (looked.IsRefused)
                    return tries.MayHaveHappened ? tries.GiveUp(doing) : looked.Refusal;
                if (looked.Value.Head?.Shares.Count > 0)
                    return tries.MayHaveHappened ? tries.GiveUp(doing) : GroupRefusals.HasMembers(group);
                continue;
            }

            if (read.IsDone && read.Value.Row.State == GroupHeadState.Deleting)
            {
                var finished = await membership.FinishDeletionAsync(group);
                if (!finished.IsDone && !await tries.AgainAsync(finished.Status, cancellationToken))
                    return tries.GiveUp(doing);
                continue;
            }

            if (read.IsDone && read.Value.Row.State == GroupHeadState.Open)
                return (null, read.Value.ETag);
            var announced = await context.Directory.AnnounceAsync(group, context.Time.GetUtcNow() + GroupKeeper.LookInterval);
            if (!announced.IsDone)
            {
                if (!await tries.AgainAsync(OutcomeStatus.Throttled, cancellationToken))
                    return tries.GiveUp(doing);
                continue;
            }

            var generation = Math.Max(context.Time.GetUtcNow().ToUnixTimeMilliseconds(), read.IsDone ? read.Value.Row.Generation + 1 : 0);
            return (new GroupHeadRow(GroupHeadState.Open, generation, null, [], [], 0), read.IsDone ? read.Value.ETag : null);
        }
    }

    /// <param name="attempted">Gets the keys of all rows that may have been written.</param>
    private async ValueTask<(OutcomeStatus Status, MemberSession Session)> CommitAsync(GroupId group, MemberSession session, CommitDecision decision, HashSet<string> attempted)
    {
        for (var first = 0; first < decision.Rows.Count; first += OffsetsOfOneTransaction)
        {
            // That the member has news must not be lost with it: whoever has not heard them finds another generation here.
            var row = session.Row with { CommitSequence = decision.Sequence, Settled = session.IsSettled ? session.Head.Generation : 0 };
            var batch = new RowBatch(group.Value);
            if (context.Rules.FenceCommits)
                batch.Replace(StorageLayout.MemberRowKey(session.Member), row.Encode(), session.ETag);
            var some = decision.Rows.Skip(first).Take(OffsetsOfOneTransaction).ToList();
            foreach (var (key, offset) in some)
                batch.Upsert(key, offset.Encode());
            var committed = await context.Table.CommitAsync(batch);
            if (committed.Status is OutcomeStatus.Done or OutcomeStatus.Unknown)
                attempted.UnionWith(some.Select(one => one.Key));
            if (!committed.IsDone)
                return (committed.Status, session);
            if (context.Rules.FenceCommits)
                session = session with { Row = row, ETag = committed.Value[0] };
        }

        return (OutcomeStatus.Done, session);
    }

    /// <summary>What of each commit can be said without knowing who owns what.</summary>
    private async ValueTask<IReadOnlyList<ResolvedCommit>> ResolveAsync(IReadOnlyList<OffsetCommit> commits, CancellationToken cancellationToken)
    {
        const int Parallel = 16;
        var resolved = new List<ResolvedCommit>(commits.Count);
        foreach (var some in commits.Chunk(Parallel))
            resolved.AddRange(await Task.WhenAll(some.Select(commit => ResolveAsync(commit, cancellationToken).AsTask())));
        return resolved;
    }

    private async ValueTask<ResolvedCommit> ResolveAsync(OffsetCommit commit, CancellationToken cancellationToken)
    {
        var found = await context.Logs.FindPartitionAsync(commit.Topic, commit.Partition, cancellationToken);

        // What is remembered may be the incarnation before, or the one that the client has not heard of yet.
        if (commit.TopicId is { } meant && !found.IsRefused && found.Value.Id != meant)
            found = await context.Logs.ReadTopicAsync(commit.Topic, cancellationToken);
        if (found.IsRefused)
            return new ResolvedCommit(commit, default, found.Refusal);
        var topic = found.Value;
        if (commit.TopicId is { } id && topic.Id != id)
            return new ResolvedCommit(commit, default, GroupRefusals.OtherIncarnation(topic.Name, id));
        if (commit.Metadata.Length > OffsetCommit.MaxMetadataCharacters)
            return new ResolvedCommit(commit, topic.At(commit.Partition), GroupRefusals.MetadataTooLarge(commit.Topic, commit.Partition));
        var fault = context.Rules.CheckEnds && !commit.MayBeBeyondEnd ? await context.Logs.FindFaultAsync(topic, commit.Partition, commit.Offset, context.Rules) : null;
        return new ResolvedCommit(commit, topic.At(commit.Partition), fault);
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// What members call for: they come, are there, and go. A heartbeat replaces the member's row under its ETag, together with what it claims and gives up. Where the instance remembers the
/// row, and the member waits for nothing, that is all; if anybody has written the row since (because the member has another share now, or called elsewhere), it is refused and read again.
/// </summary>
internal sealed class GroupHeartbeats(GroupContext context, GroupMembership membership)
{
    private const int StepsOfOneTransaction = RowBatch.MaxOperations - 1;

    /// <summary>Of a group so large that not everybody's news fit into the transaction that made them.</summary>
    private static readonly TimeSpan LongestMemory = TimeSpan.FromSeconds(30);

    public async ValueTask<Result<HeartbeatResult>> JoinAsync(GroupId group, JoinRequest request, CancellationToken cancellationToken)
    {
        if (JoinValidation.FindFault(request) is { } fault)
            return fault;
        var member = request.Member.Value;
        var row = new GroupMemberRow(
            0, [.. request.Subscription.Topics.Distinct(StringComparer.Ordinal)], request.Subscription.Pattern, (long)request.SessionTimeout.TotalMilliseconds)
        {
            ClientId = request.ClientId,
            InstanceId = request.InstanceId,
            JoinId = context.Entropy.NextGuid().ToString("N"),
            Assignor = request.Assignor is { } assignor ? AssignorNames.Resolve(assignor) : null,
        };
        var joined = await membership.ChangeAsync(group, MembershipChange.Join(member, row), $"Joining group '{group}' as '{member}'", cancellationToken);
        if (joined.IsRefused)
            return joined.Refusal;

        // Nobody has owned anything under this epoch yet.
        var session = NewSession(member, joined.Value.Member!, joined.Value.MemberETag!.Value, joined.Value.Head!, []);
        context.Sessions.Remember(group, member, session);
        if (!session.IsAwaiting)
            return session.ToResult();
        var beat = await BeatAsync(group, new HeartbeatRequest(request.Member, session.Row.Epoch), cancellationToken);

        // It has joined in any case, and gets what it is to have with its next heartbeat.
        return beat.Refusal?.Code is ErrorCode.KafkaStorageError or ErrorCode.RequestTimedOut ? session.ToResult() : beat;
    }

    public async ValueTask<Result<HeartbeatResult>> HeartbeatAsync(GroupId group, HeartbeatRequest request, CancellationToken cancellationToken)
    {
        var member = request.Member.Value;
        var known = context.Sessions.Find(group, member);
        if (request.Subscription is { } wanted && (known is null || known.Row.Epoch != request.Epoch || wanted != new MemberSubscription(known.Row.Topics, known.Row.Pattern)))
        {
            if (JoinValidation.FindFault(wanted) is { } fault)
                return fault;
            var row = new GroupMemberRow(request.Epoch, [.. wanted.Topics.Distinct(StringComparer.Ordinal)], wanted.Pattern, 1);
            var change = MembershipChange.Resubscribe(member, request.Epoch, row);
            var changed = await membership.ChangeAsync(group, change, $"Subscribing member '{member}' of group '{group}'", cancellationToken);
            if (changed.IsRefused)
                return changed.Refusal;
            known = null;
        }

        await membership.LookAfterAsync(group, member, known?.Head.Generation, cancellationToken);
        return await BeatAsync(group, request, cancellationToken);
    }

    public async ValueTask<Result<Nothing>> LeaveAsync(GroupId group, MemberId member, long? epoch, CancellationToken cancellationToken)
    {
        var left = await membership.ChangeAsync(group, MembershipChange.Leave(member.Value, epoch), $"Leaving group '{group}' as '{member}'", cancellationToken);
        return left.IsRefused ? left.Refusal : default(Nothing);
    }

    /// <summary>
    /// The member's row, what it owns, and the head, read in this order. Of what is known from before, what the row says is still so is not read again. Refuses with UNKNOWN_MEMBER_ID; null:
    /// storage does not say.
    /// </summary>
    /// <param name="known">As it was, when the row may have been written since.</param>
    public async ValueTask<Result<MemberSession?>> LoadAsync(GroupId group, string member, MemberSession? known, CancellationToken cancellationToken)
    {
        var read = await context.Table.ReadMemberAsync(group, member, cancellationToken);
        if (read.Status == OutcomeStatus.Missing)
            return GroupRefusals.UnknownMember(group, member);
        if (!read.IsDone)
            return default(MemberSession);
        var row = read.Value.Row;
        var written = row with { SeenAt = 0 };
        var isShared = known is not null && known.ETag != read.Value.ETag && row.SeenAt == 0;
        if (known is { IsSettled: true } && known.Row.Epoch == row.Epoch && known.Head.Generation == row.Settled)
        {
            // It owns what it did; and its share is the same too, if nobody has told it otherwise.
            if (row.SeenAt == 0 && !IsTooOld(known))
                return known with { Row = written, ETag = read.Value.ETag, IsShared = isShared };
            var now = await context.Table.ReadHeadAsync(group, cancellationToken);
            return now.IsDone ? NewSession(member, written, read.Value.ETag, now.Value.Row, known.Owned) with { IsShared = isShared } : Absent(now);
        }

        var owners = await context.Table.ListOwnersAsync(group, cancellationToken);
        if (!owners.IsDone)
            return default(MemberSession);
        var head = await context.Table.ReadHeadAsync(group, cancellationToken);
        return head.IsDone
            ? NewSession(member, written, read.Value.ETag, head.Value.Row, OwnedOf(member, row.Epoch, owners.Value)) with { Owners = owners.Value, IsShared = isShared }
            : Absent(head);

        Result<MemberSession?> Absent(Outcome<StoredHead> outcome) =>
            outcome.Status == OutcomeStatus.Missing ? GroupRefusals.UnknownMember(group, member) : default(MemberSession);
    }

    private async ValueTask<Result<HeartbeatResult>> BeatAsync(GroupId group, HeartbeatRequest request, CancellationToken cancellationToken)
    {
        var member = request.Member.Value;
        var doing = $"The heartbeat of member '{member}' of group '{group}'";
        var tries = new WriteTries(context.Time, context.Entropy);
        var known = context.Sessions.Find(group, member);
        while (true)
        {
            var isRemembered = known is { IsShared: false } && known.Row.Epoch == request.Epoch && !IsTooOld(known);
            var seen = isRemembered ? known : await LoadAsync(group, member, known, cancellationToken);
            if (!seen.IsRefused && seen.Value is { Owners: null, IsAwaiting: true } awaiting)
                seen = await SeeOwnersAsync(group, awaiting, cancellationToken);
            if (seen.IsRefused)
                return tries.MayHaveHappened && request.Released.Count > 0 ? tries.GiveUp(doing) : seen.Refusal;
            if (seen.Value is { } other && other.Row.Epoch != request.Epoch)
                return GroupRefusals.FencedMember(group, member, request.Epoch, other.Row.Epoch);
            var status = OutcomeStatus.Throttled;
            if (seen.Value is { } session)
            {
                var steps = Reconciliation.Decide(member, session, session.Owners, request.Released, context.Rules);
                (status, session) = await CommitAsync(group, member, session, steps);
                if (status == OutcomeStatus.Done)
                {
                    context.Watches.Heard(group, member, TimeSpan.FromMilliseconds(session.Row.SessionTimeoutMs));
                    context.Sessions.Remember(group, member, session);
                    return session.ToResult();
                }
            }

            context.Sessions.Forget(group, member);
            known = isRemembered ? known! with { IsShared = true } : null;
            if (isRemembered && status is OutcomeStatus.ConditionFailed or OutcomeStatus.Missing)
                continue;
            if (!await tries.AgainAsync(status, cancellationToken))
                return tries.GiveUp(doing);
        }
    }

    /// <summary>For a member that waits: who has what now, and then who is there. Its own row it knows from before.</summary>
    private async ValueTask<Result<MemberSession?>> SeeOwnersAsync(GroupId group, MemberSession session, CancellationToken cancellationToken)
    {
        var owners = await context.Table.ListOwnersAsync(group, cancellationToken);
        if (!owners.IsDone)
            return default(MemberSession);
        var head = await context.Table.ReadHeadAsync(group, cancellationToken);
        if (!head.IsDone)
            return default(MemberSession);
        var fresh = MemberSession.Of(session.Member, session.Row, session.ETag, head.Value.Row, session.Owned);
        return fresh with { Owners = owners.Value, KnownSince = context.Time.GetTimestamp(), IsShared = session.IsShared };
    }

    /// <summary>One transaction, or several when there are many steps; each with the member's row under the ETag that the one before gave it.</summary>
    private async ValueTask<(OutcomeStatus Status, MemberSession Session)> CommitAsync(GroupId group, string member, MemberSession session, IReadOnlyList<OwnerStep> steps)
    {
        session = session with { Owners = null };
        var first = 0;
        do
        {
            var some = steps.Skip(first).Take(StepsOfOneTransaction).ToList();
            var batch = new RowBatch(group.Value);
            var isFenced = context.Rules.FenceReleases || some.Count == 0;
            var after = some.Count == 0
                ? session
                : MemberSession.Of(member, session.Row, session.ETag, session.Head, Reconciliation.After(session.Owned, some)) with { KnownSince = session.KnownSince, IsShared = session.IsShared };
            var row = session.Row with { Settled = after.IsSettled ? session.Head.Generation : 0 };
            if (isFenced)
                batch.Replace(StorageLayout.MemberRowKey(member), row.Encode(), session.ETag);
            foreach (var step in some)
                step.AddTo(batch, member, session.Row.Epoch);
            var committed = await context.Table.CommitAsync(batch);
            if (!committed.IsDone)
                return (committed.Status, session);
            session = isFenced ? after with { Row = row, ETag = committed.Value[0] } : after;
            first += some.Count;
        }
        while (first < steps.Count);
        return (OutcomeStatus.Done, session);
    }

    private MemberSession NewSession(string member, GroupMemberRow row, ETag etag, GroupHeadRow head, IEnumerable<GroupPartition> owned) =>
        MemberSession.Of(member, row, etag, head, owned) with { KnownSince = context.Time.GetTimestamp() };

    private bool IsTooOld(MemberSession session) =>
        session.Head.Shares.Count > StepsOfOneTransaction - 1 && context.Time.GetElapsedTime(session.KnownSince) > LongestMemory;

    private static IEnumerable<GroupPartition> OwnedOf(string member, long epoch, IReadOnlyList<StoredOwner> owners) => owners
        .Where(owner => owner.Row.Member == member && owner.Row.Epoch == epoch)
        .Select(owner => new GroupPartition(owner.Row.Topic, owner.Partition.Topic, owner.Partition.Partition));
}

using System.Collections.Concurrent;
using ManagedLog.Engine;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>
/// Plays the member that a subscribed consumer instance is in its group: joins, says that it is there, takes what it gets and gives up what others are to get. It is called where a client
/// comes back for more, which is when it has done with what it had: so what is asked for is given up at once, committed before where the instance commits by itself.
/// </summary>
internal sealed class ConsumerMembership(LogEngine engine, ConsumerCommits commits, ConsumerStarts starts, TimeProvider time)
{
    /// <summary>So often a member says that it is there, if its session does not ask for more.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(3);

    /// <summary>The same while it waits for partitions that others are to give up.</summary>
    public static readonly TimeSpan UnsettledInterval = TimeSpan.FromMilliseconds(300);

    /// <summary>How many instances are remembered here before those that have not been heard of for long are forgotten.</summary>
    private const int MaxRemembered = 10_000;

    /// <summary>More rounds than a quiet group needs: joined, given up, taken.</summary>
    private const int MaxRounds = 8;

    /// <summary>What this service instance has heard last. It saves heartbeats and nothing depends on it.</summary>
    private readonly ConcurrentDictionary<(GroupId, MemberId, long Epoch), (long At, bool IsSettled)> _heard = new();

    /// <summary>How long until the group is to hear of it; not positive: now.</summary>
    public TimeSpan NextHeartbeatIn(ConsumerInstance instance)
    {
        if (instance.MemberEpoch == 0 || instance.HasNewSubscription)
            return TimeSpan.Zero;
        var interval = IntervalOf(instance);
        // What another service instance has noted, by its clock: one that seems to come from the future is none.
        var noted = time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(instance.HeartbeatAt);
        var left = noted < TimeSpan.Zero ? TimeSpan.Zero : interval - noted;
        if (!_heard.TryGetValue((instance.Group, instance.Id, instance.MemberEpoch), out var heard))
            return left;
        var mine = (heard.IsSettled ? interval : UnsettledInterval) - time.GetElapsedTime(heard.At);
        return heard.IsSettled && left > mine ? left : mine;
    }

    /// <summary>Another call joins the group for it; nothing is to be given out before that one has noted what came of it.</summary>
    public static bool IsJoining(ConsumerInstance instance) => instance is { Mode: ConsumerMode.Subscribed, JoinClaim: not null };

    /// <summary>
    /// Lets the group hear of it and stores what it has from now on, if that is something else. Null without an error: another call on this instance was faster; read it again. What is
    /// given up is taken out of the stored state first: a poll under way elsewhere cannot give out any more of it.
    /// </summary>
    public async ValueTask<(StoredConsumer? Stored, ApiError? Error)> ReconcileAsync(StoredConsumer stored, CancellationToken cancellationToken)
    {
        IReadOnlyList<TopicPartition> released = [];
        var isGone = stored.Instance.MemberEpoch == 0;
        for (var round = 0; round < MaxRounds; round++)
        {
            if (IsJoining(stored.Instance))
                return (null, null);
            StoredConsumer? noted;
            IReadOnlyList<TopicPartition> revoked;
            ApiError? error;
            if (isGone)
            {
                (noted, revoked, error) = await JoinAsync(stored);
                isGone = false;
            }
            else
            {
                var heard = await HeartbeatAsync(stored.Instance, released, cancellationToken);
                if (IsGone(heard.Refusal))
                {
                    // Gone, or joined again elsewhere: then that call has stored the new epoch, or stores it.
                    var again = await engine.Consumers.FindAsync(stored.Instance.Group, stored.Instance.Id);
                    if (again.IsRefused)
                        return (null, ErrorMapping.From(again.Refusal));
                    if (again.Value?.Instance.MemberEpoch != stored.Instance.MemberEpoch)
                        return (null, null);
                    (stored, released, isGone) = (again.Value, [], true);
                    continue;
                }

                if (heard.IsRefused)
                    return (null, ErrorMapping.From(heard.Refusal));
                (noted, revoked, error) = await NoteAsync(stored, heard.Value, cancellationToken);
            }

            if (noted is null)
                return (null, error);
            stored = noted;
            if (revoked.Count == 0)
                return (stored, null);
            released = revoked;
        }

        return (stored, null);
    }

    /// <summary>
    /// Joins, after it has claimed to: of calls at the same time, on whatever service instances, one does, and the others go on with what it notes. Once begun it goes to its end, so that
    /// nobody waits for a claim in vain. Null without an error: read the instance again.
    /// </summary>
    private async ValueTask<(StoredConsumer? Stored, IReadOnlyList<TopicPartition> Revoked, ApiError? Error)> JoinAsync(StoredConsumer stored)
    {
        var claimed = await engine.Consumers.ClaimJoinAsync(stored, CancellationToken.None);
        if (claimed.IsRefused)
            return (null, [], ErrorMapping.From(claimed.Refusal));
        if (claimed.Value is not { } mine)
            return (null, [], null);
        var heard = await HeartbeatAsync(mine.Instance with { MemberEpoch = 0 }, [], CancellationToken.None);
        if (!heard.IsRefused)
        {
            var (noted, revoked, error) = await NoteAsync(mine, heard.Value, CancellationToken.None);
            if (error is null)
                return (noted, revoked, null);
            await engine.Consumers.ReplaceAsync(mine, mine.Instance with { JoinClaim = null }, CancellationToken.None);
            return (null, [], error);
        }

        await engine.Consumers.ReplaceAsync(mine, mine.Instance with { JoinClaim = null }, CancellationToken.None);

        // It has joined, and somebody else has after it: the instance is read again, and nobody needs to be told.
        return (null, [], IsGone(heard.Refusal) ? null : ErrorMapping.From(heard.Refusal));
    }

    /// <summary>Stores what came of a heartbeat, or of a join that was claimed; that one also behind changes of other calls, as long as its claim stands. Null without an error: read it again.</summary>
    private async ValueTask<(StoredConsumer? Stored, IReadOnlyList<TopicPartition> Revoked, ApiError? Error)> NoteAsync(
        StoredConsumer stored, HeartbeatResult heard, CancellationToken cancellationToken)
    {
        var told = stored.Instance;
        while (true)
        {
            var (after, revoked, error) = await ApplyAsync(stored.Instance, heard, cancellationToken);
            if (error is not null)
                return (null, [], error);
            after = after with { HasNewSubscription = !after.WantsSameAs(told) };
            if (IsSame(stored.Instance, after))
                return (stored with { Instance = after }, revoked, null);
            var replaced = await engine.Consumers.ReplaceAsync(stored, after, cancellationToken);
            if (replaced.IsRefused)
                return (null, [], ErrorMapping.From(replaced.Refusal));
            if (replaced.Value is { } now)
                return (now, revoked, null);
            var again = await engine.Consumers.FindAsync(after.Group, after.Id);
            if (again.IsRefused)
                return (null, [], ErrorMapping.From(again.Refusal));
            if (again.Value is not { Instance.Mode: ConsumerMode.Subscribed } other)
            {
                // It was deleted, or unsubscribed, while it joined: nobody would let the group know.
                await engine.Groups.LeaveAsync(after.Group, after.Id, after.MemberEpoch, cancellationToken);
                return (null, [], null);
            }

            if (told.JoinClaim is null || other.Instance.JoinClaim != told.JoinClaim)
                return (null, [], null);
            stored = other;
        }
    }

    private static bool IsGone(Refusal? refusal) => refusal?.Code is ErrorCode.UnknownMemberId or ErrorCode.FencedMemberEpoch or ErrorCode.GroupIdNotFound;

    private static TimeSpan IntervalOf(ConsumerInstance instance)
    {
        var third = instance.Settings.SessionTimeout / 3;
        return third < HeartbeatInterval ? third : HeartbeatInterval;
    }

    /// <summary>When it was heard of is noted where something else is stored, and no reason to store it.</summary>
    private static bool IsSame(ConsumerInstance before, ConsumerInstance after) =>
        before.MemberEpoch == after.MemberEpoch && before.HasNewSubscription == after.HasNewSubscription && before.Positions.SequenceEqual(after.Positions);

    private async ValueTask<Result<HeartbeatResult>> HeartbeatAsync(ConsumerInstance instance, IReadOnlyList<TopicPartition> released, CancellationToken cancellationToken)
    {
        var subscription = new MemberSubscription(instance.Topics, instance.Pattern);
        var heard = instance.MemberEpoch > 0
            ? await engine.Groups.HeartbeatAsync(
                instance.Group,
                new HeartbeatRequest(instance.Id, instance.MemberEpoch) { Released = released, Subscription = instance.HasNewSubscription ? subscription : null },
                cancellationToken)
            : await engine.Groups.JoinAsync(
                instance.Group,
                new JoinRequest(instance.Id, subscription)
                {
                    ClientId = instance.Settings.ClientId,
                    InstanceId = instance.Id.Value,
                    SessionTimeout = instance.Settings.SessionTimeout,
                    Assignor = instance.Settings.Assignor,
                },
                cancellationToken);
        if (!heard.IsRefused)
            Remember(instance, heard.Value);
        return heard;
    }

    private void Remember(ConsumerInstance instance, HeartbeatResult heard)
    {
        if (_heard.Count >= MaxRemembered)
        {
            foreach (var (key, (at, _)) in _heard)
            {
                if (time.GetElapsedTime(at) > HeartbeatInterval)
                    _heard.TryRemove(key, out _);
            }
        }

        _heard[(instance.Group, instance.Id, heard.Epoch)] = (time.GetTimestamp(), heard.IsSettled);
    }

    /// <summary>What the instance has after a heartbeat, and what is to be given up then.</summary>
    private async ValueTask<(ConsumerInstance After, IReadOnlyList<TopicPartition> Revoked, ApiError? Error)> ApplyAsync(
        ConsumerInstance instance, HeartbeatResult heard, CancellationToken cancellationToken)
    {
        var after = instance with { MemberEpoch = heard.Epoch, JoinClaim = null, HasNewSubscription = false, HeartbeatAt = time.GetUtcNow().ToUnixTimeMilliseconds() };
        // Under another epoch it is another member: others may have worked on what it had.
        var had = heard.Epoch == instance.MemberEpoch ? instance.Positions : [];
        var revoked = heard.ToRevoke.Select(partition => partition.Key).ToHashSet();
        if (instance.Settings.AutoCommit && revoked.Count > 0)
        {
            (var committed, _) = await commits.CommitPositionsAsync(
                after with { Positions = had }, position => position.IsUncommitted && position.TopicId is { } id && revoked.Contains(new TopicPartition(id, position.Partition)), cancellationToken);
            had = committed.Positions;
        }

        var known = had.Where(position => position.TopicId is not null).ToDictionary(position => new TopicPartition(position.TopicId!.Value, position.Partition));
        var owned = heard.Owned.Where(partition => !revoked.Contains(partition.Key)).ToList();
        var gained = owned.Where(partition => !known.TryGetValue(partition.Key, out var position) || position.Next is null).ToList();
        var (begun, error) = await starts.FindAsync(instance, gained, cancellationToken);
        if (error is not null)
            return (instance, [], error);
        var positions = owned.Select(partition => begun!.TryGetValue(partition.Key, out var start) ? start : known.GetValueOrDefault(partition.Key)).OfType<ConsumerPosition>();
        return (after.WithPositions(positions), [.. revoked], null);
    }
}

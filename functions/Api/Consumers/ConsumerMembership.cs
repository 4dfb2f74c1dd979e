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

    /// <summary>
    /// Lets the group hear of it and stores what it has from now on, if that is something else. Null without an error: another call on this instance was faster; read it again. What is
    /// given up is taken out of the stored state first: a poll under way elsewhere cannot give out any more of it.
    /// </summary>
    public async ValueTask<(StoredConsumer? Stored, ApiError? Error)> ReconcileAsync(StoredConsumer stored, CancellationToken cancellationToken)
    {
        IReadOnlyList<TopicPartition> released = [];
        for (var round = 0; round < MaxRounds; round++)
        {
            var heard = await HeartbeatAsync(stored.Instance, released, cancellationToken);
            if (heard.Refusal?.Code is ErrorCode.UnknownMemberId or ErrorCode.FencedMemberEpoch or ErrorCode.GroupIdNotFound && stored.Instance.MemberEpoch > 0)
            {
                // Gone, or joined again elsewhere: then that call stores the new epoch. What it had is not its own any more.
                var again = await engine.Consumers.FindAsync(stored.Instance.Group, stored.Instance.Id);
                if (again.IsRefused)
                    return (null, ErrorMapping.From(again.Refusal));
                if (again.Value?.Instance.MemberEpoch != stored.Instance.MemberEpoch)
                    return (null, null);
                stored = again.Value with { Instance = again.Value.Instance with { MemberEpoch = 0, Positions = [] } };
                released = [];
                continue;
            }

            if (heard.IsRefused)
                return (null, ErrorMapping.From(heard.Refusal));
            var (after, revoked, error) = await ApplyAsync(stored.Instance, heard.Value, cancellationToken);
            if (error is not null)
                return (null, error);
            if (IsSame(stored.Instance, after))
            {
                stored = stored with { Instance = after };
            }
            else
            {
                var replaced = await engine.Consumers.ReplaceAsync(stored, after, cancellationToken);
                if (replaced.IsRefused)
                    return (null, ErrorMapping.From(replaced.Refusal));
                if (replaced.Value is null)
                {
                    await LeaveIfDeletedAsync(after, cancellationToken);
                    return (null, null);
                }

                stored = replaced.Value;
            }

            if (revoked.Count == 0)
                return (stored, null);
            released = revoked;
        }

        return (stored, null);
    }

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
        var after = instance with { MemberEpoch = heard.Epoch, HasNewSubscription = false, HeartbeatAt = time.GetUtcNow().ToUnixTimeMilliseconds() };
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

    /// <summary>It was deleted while it joined: nobody would let the group know.</summary>
    private async ValueTask LeaveIfDeletedAsync(ConsumerInstance instance, CancellationToken cancellationToken)
    {
        var found = await engine.Consumers.FindAsync(instance.Group, instance.Id);
        if (!found.IsRefused && found.Value is null)
            await engine.Groups.LeaveAsync(instance.Group, instance.Id, instance.MemberEpoch, cancellationToken);
    }
}

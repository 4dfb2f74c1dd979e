using ManagedLog.Engine;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>
/// One poll of a consumer instance, joining and sharing out included: it waits until there is a record for it, and not longer than it may. How far it came is stored under the state that it
/// began with before anybody is given a record; of polls that run at the same time, wherever they do, one is given them, and the others begin again behind it.
/// </summary>
internal sealed class ConsumerPoll(LogEngine engine, ConsumerMembership membership, ConsumerStarts starts, ConsumerCommits commits, TimeProvider time)
{
    /// <summary>How often a partition is looked for that does not exist, while a poll waits that was assigned it.</summary>
    private static readonly TimeSpan MissingInterval = TimeSpan.FromSeconds(1);

    /// <summary>Where the row could not be written in time, it is tried again so often.</summary>
    private static readonly TimeSpan LeastRenewal = TimeSpan.FromMilliseconds(100);

    /// <summary>While another call joins the group for the instance, it is looked whether that is done: so soon at first, and then twice as late each time, up to half a second.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(25);

    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(500);

    /// <param name="find">Reads the instance again.</param>
    /// <param name="findDenied">What the caller may not read: a group may give an instance topics that match its pattern and are not for whoever polls.</param>
    /// <param name="stop">Ends the wait; the poll is then answered without records.</param>
    public async ValueTask<PollOutcome> RunAsync(
        StoredConsumer first,
        Func<ValueTask<(StoredConsumer? Stored, ApiError? Error)>> find,
        Func<IEnumerable<string>, ApiError?> findDenied,
        PollQuery query,
        CancellationToken stop)
    {
        var deadline = new Deadline(time, query.MaxWait);
        var stored = first;
        var look = FirstLook;
        while (true)
        {
            ApiError? error;
            if (ConsumerMembership.IsJoining(stored.Instance))
            {
                if (!await WaitAsync(look < deadline.Left ? look : deadline.Left, stop))
                    return PollOutcome.Nothing(null);
                look = look * 2 < LongestLook ? look * 2 : LongestLook;
                (var joined, error) = await find();
                if (joined is null)
                    return PollOutcome.Failed(error!);
                stored = joined;
                continue;
            }

            (var ready, error) = await PrepareAsync(stored);
            if (error is null && ready is not null)
                error = findDenied(ready.Instance.Positions.Select(position => position.Topic).Distinct());
            if (error is not null)
                return PollOutcome.Failed(error);
            if (ready is not null && await ReadAsync(ready, query, deadline, stop) is { } outcome)
                return outcome;
            (var again, error) = await find();
            if (again is null)
                return PollOutcome.Failed(error!);
            stored = again;
        }
    }

    /// <summary>False: there is no time left.</summary>
    private async ValueTask<bool> WaitAsync(TimeSpan wait, CancellationToken stop)
    {
        if (wait <= TimeSpan.Zero || stop.IsCancellationRequested)
            return false;
        try
        {
            await Task.Delay(wait, time, stop);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>What is due before anything is read. Null without an error: another call was faster.</summary>
    private async ValueTask<(StoredConsumer? Stored, ApiError? Error)> PrepareAsync(StoredConsumer stored)
    {
        switch (stored.Instance.Mode)
        {
            case ConsumerMode.None:
                return (null, ConsumerErrors.IllegalState("This consumer instance is neither subscribed to topics nor assigned partitions; do one of both first."));
            case ConsumerMode.Assigned:
                var (begun, error) = await starts.FindAssignedAsync(stored.Instance, CancellationToken.None);
                if (begun is null)
                    return (null, error);
                if (begun.Positions.SequenceEqual(stored.Instance.Positions))
                    return (stored, null);
                var replaced = await engine.Consumers.ReplaceAsync(stored, begun, CancellationToken.None);
                return replaced.IsRefused ? (null, ErrorMapping.From(replaced.Refusal)) : (replaced.Value, null);
            case ConsumerMode.Subscribed:
                return membership.NextHeartbeatIn(stored.Instance) > TimeSpan.Zero ? (stored, null) : await membership.ReconcileAsync(stored, CancellationToken.None);
            default:
                throw new InvalidOperationException($"No such mode: {stored.Instance.Mode}.");
        }
    }

    private static bool IsMissing(ConsumerPosition position) => position.Next is null;

    /// <summary>What earlier polls gave out is done with, since the client has come back. That it could not be committed now is no reason to give out nothing: the next poll tries again.</summary>
    private async ValueTask<ConsumerInstance> CommitAsync(ConsumerInstance instance)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var isDue = now - instance.CommittedAt >= instance.Settings.AutoCommitInterval.TotalMilliseconds || instance.CommittedAt > now;
        if (!instance.Settings.AutoCommit || !isDue || !instance.Positions.Any(position => position.IsUncommitted))
            return instance;
        var (committed, _) = await commits.CommitPositionsAsync(instance, CancellationToken.None);
        return committed with { CommittedAt = now };
    }

    /// <summary>Null: the instance is to be read again, because another call has changed it or because it may have other partitions now.</summary>
    private async ValueTask<PollOutcome?> ReadAsync(StoredConsumer stored, PollQuery query, Deadline deadline, CancellationToken stop)
    {
        var age = new Age(time, stored.Age);
        var instance = await CommitAsync(stored.Instance);
        var partitions = await FollowedAsync(instance);
        // What an earlier try has read was given up, and what an earlier poll of the same stream gave out was taken.
        query.Use?.Room.Written();
        using var reads = new PartitionFollower(engine, partitions, time, ErrorMapping.From, query.Use?.Room);
        await reads.OpenAsync();
        if (partitions.Any(partition => partition.Error?.Status == StatusCodes.Status416RangeNotSatisfiable))
        {
            var (moved, error) = await ResetAsync(stored, instance, partitions);
            return error is null ? null : moved ? null : PollOutcome.Failed(error);
        }

        var polled = new PolledRecords(reads, query, partition => new RecordWriter(partition.TopicName, partition.Number, query.Format, query.KeyFormat));
        while (!await CollectAsync(polled, reads, instance, deadline, age, stop))
        {
            // A poll under way is a call: the instance lives on.
            if (!ReferenceEquals(instance, stored.Instance) || ConsumerInstances.IsToBeRenewed(stored with { Age = age.Now }))
            {
                await engine.Consumers.ReplaceAsync(stored, instance, CancellationToken.None);
                return null;
            }

            if (instance.Mode != ConsumerMode.Subscribed)
                return null;

            // The group is to hear of it. As long as it has the same afterwards, it waits where it waited.
            var (heard, error) = await membership.ReconcileAsync(stored, CancellationToken.None);
            if (error is not null)
                return PollOutcome.Failed(error);
            if (heard is null || heard.Instance.MemberEpoch != instance.MemberEpoch || !heard.Instance.Positions.SequenceEqual(instance.Positions))
                return null;
            (stored, instance) = (heard, heard.Instance);
        }

        // As long as nothing is given out, a refusal has no effect.
        if (polled.Records > 0 && query.Use?.Room.FindShortage() is { } shortage)
            return PollOutcome.Failed(query.Use.Refused(shortage));
        if (polled.Records > 0)
            return await TakeAsync(stored, instance, polled);
        StoredConsumer? now = stored;
        if (!ReferenceEquals(instance, stored.Instance) || ConsumerInstances.IsToBeRenewed(stored with { Age = age.Now }))
        {
            var replaced = await engine.Consumers.ReplaceAsync(stored, instance, CancellationToken.None);
            now = replaced.IsRefused ? null : replaced.Value;
        }

        // A topic that was deleted meanwhile is none of these: the next poll finds that out by itself.
        var broken = reads.HaveAllFailed ? partitions.FirstOrDefault(partition => partition.Error!.Status != StatusCodes.Status404NotFound)?.Error : null;
        var unread = broken ?? polled.Unreadable;
        return unread is not null ? PollOutcome.Failed(unread) : PollOutcome.Nothing(now);
    }

    private async ValueTask<IReadOnlyList<FollowedPartition>> FollowedAsync(ConsumerInstance instance)
    {
        var partitions = new List<FollowedPartition>(instance.Positions.Count);
        foreach (var position in instance.Positions)
        {
            if (position.Next is not { } next)
                continue;
            // One of another incarnation of its topic is not read: the group, or the next assignment, will say what becomes of it.
            var topic = await engine.FindPartitionAsync(position.Topic, position.Partition, CancellationToken.None);
            if (!topic.IsRefused && topic.Value.Id == position.TopicId)
                partitions.Add(FollowedPartition.Of(topic.Value, position.Partition, FetchFrom.At(next)));
        }

        return partitions;
    }

    /// <summary>Positions that the log does not have any more (or not yet) go where the instance's settings say.</summary>
    private async ValueTask<(bool Moved, ApiError? Error)> ResetAsync(StoredConsumer stored, ConsumerInstance instance, IReadOnlyList<FollowedPartition> partitions)
    {
        var moved = new List<ConsumerPosition>();
        foreach (var partition in partitions.Where(partition => partition.Error?.Status == StatusCodes.Status416RangeNotSatisfiable))
        {
            var at = new GroupPartition(partition.TopicName, partition.Topic!.Id, partition.Number);
            if (await starts.ResetAsync(instance, at, CancellationToken.None) is not { } start)
                return (false, partition.Error);
            moved.Add(start with { Committed = instance.Find(partition.TopicName, partition.Number)?.Committed });
        }

        var replaced = await engine.Consumers.ReplaceAsync(stored, instance.Move(moved), CancellationToken.None);
        return replaced.IsRefused ? (false, ErrorMapping.From(replaced.Refusal)) : (true, null);
    }

    /// <summary>Waits for enough, or for the end of the time. False: the group is to hear of the instance first, or its row is to be written before it would count as expired.</summary>
    private async ValueTask<bool> CollectAsync(PolledRecords polled, PartitionFollower reads, ConsumerInstance instance, Deadline deadline, Age age, CancellationToken stop)
    {
        while (true)
        {
            await polled.CollectAsync(instance.Turn);
            if (polled.IsEnough || deadline.IsOver || stop.IsCancellationRequested || (reads.Partitions.Count > 0 && reads.HaveAllFailed))
                return true;
            var wait = deadline.Left;
            var other = instance.Mode == ConsumerMode.Subscribed ? membership.NextHeartbeatIn(instance) : instance.Positions.Any(IsMissing) ? MissingInterval : wait;
            var renewal = RenewIn(instance, age);
            other = renewal < other ? renewal : other;
            try
            {
                if (await reads.WaitAsync(other < wait ? other : wait, stop))
                    continue;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return true;
            }

            if (!deadline.IsOver)
                return polled.Records > 0;
        }
    }

    /// <summary>Half of the time-out is early enough, and seldom comes to be with a time-out that is longer than polls are.</summary>
    private static TimeSpan RenewIn(ConsumerInstance instance, Age age)
    {
        var left = (instance.Settings.SessionTimeout / 2) - age.Now;
        return left > LeastRenewal ? left : LeastRenewal;
    }

    /// <summary>
    /// Takes note of what is to be given out. Where nobody can tell whether that was stored, it is given out all the same: were it withheld, it might never be given to anybody; so it may be
    /// given once more, which is what a consumer has to expect when something fails.
    /// </summary>
    private async ValueTask<PollOutcome?> TakeAsync(StoredConsumer stored, ConsumerInstance instance, PolledRecords polled)
    {
        var moved = polled.Parts.GroupBy(part => part.Partition).Select(parts => instance.Find(parts.Key.TopicName, parts.Key.Number)! with { Next = parts.Max(part => part.End) });
        var after = instance.Move(moved) with { Turn = instance.Turn == int.MaxValue ? 0 : instance.Turn + 1 };
        var replaced = await engine.Consumers.ReplaceAsync(stored, after, CancellationToken.None);
        if (replaced.Refusal?.Code == ErrorCode.RequestTimedOut)
            return new PollOutcome(null, null, polled.Parts);
        if (replaced.IsRefused)
            return PollOutcome.Failed(ErrorMapping.From(replaced.Refusal));
        return replaced.Value is null ? null : new PollOutcome(replaced.Value, instance, polled.Parts);
    }

    private sealed class Deadline(TimeProvider time, TimeSpan limit)
    {
        private readonly long _began = time.GetTimestamp();

        public TimeSpan Left => limit - time.GetElapsedTime(_began);

        public bool IsOver => Left <= TimeSpan.Zero;
    }

    /// <summary>How long ago a row was written that was read now.</summary>
    private sealed class Age(TimeProvider time, TimeSpan then)
    {
        private readonly long _read = time.GetTimestamp();

        public TimeSpan Now => then + time.GetElapsedTime(_read);
    }
}

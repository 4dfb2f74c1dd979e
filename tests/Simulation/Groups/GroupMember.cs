using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Groups;

/// <summary>
/// A client that fetches for itself: joins, beats, commits what it owns, gives up what it is asked to; each call by any instance, now and then two at once. It pauses beyond its time-out, goes
/// without a word, leaves, or goes on as if nobody had fenced it.
/// </summary>
/// <param name="number">No two processes have the same; several may have the same name.</param>
internal sealed class GroupMember(GroupWorld world, string name, int number, SeededRandom random)
{
    private static readonly MemberSubscription[] s_wants =
    [
        MemberSubscription.Matching("orders.*"), MemberSubscription.Matching("orders.*"), MemberSubscription.Of("orders0", "orders1", "appears-never"), MemberSubscription.Of("orders0"),
    ];

    private readonly MemberId _id = MemberId.TryParse(name, out var id) ? id : throw new ArgumentException(name);
    private readonly List<Task> _underWay = [];
    private HeartbeatResult? _state;
    private long _sequence;
    private int _commits;

    /// <summary>It is there, as far as it knows.</summary>
    public HeartbeatResult? State => _state;

    public string Name => name;

    /// <summary>Some rounds under faults. Afterwards it has left, is gone without a word (false), or still there.</summary>
    public async Task<bool> RunAsync()
    {
        await world.DelayAsync(random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(10)));
        for (var round = 0; round < world.Scenario.Rounds && !world.IsHealed; round++)
        {
            await RoundAsync();
            if (random.Chance(0.05) && _state is { } state)
                await LeaveAsync(state.Epoch);
            await world.DelayAsync(random.Chance(0.08)
                ? random.LogBetween(TimeSpan.FromSeconds(1), world.Scenario.SessionTimeout * 3)
                : random.Between(TimeSpan.FromMilliseconds(300), world.Scenario.SessionTimeout / 3));
        }

        await Task.WhenAll(_underWay);
        return random.Chance(0.6);
    }

    /// <summary>As a well-behaved client does, without faults.</summary>
    public async Task BehaveAsync()
    {
        if (_state is null)
            await JoinAsync();
        else
            await BeatAsync(_state.ToRevoke);
    }

    public async Task LeaveAsync(long? epoch)
    {
        var instance = await world.AnyInstanceAsync(random);
        var reply = await instance.CallAsync(engine => engine.Groups.LeaveAsync(GroupWorld.Group, _id, epoch, CancellationToken.None));
        world.Trace.Add(name, $"leaves: {Show(reply.IsAnswered, reply.Refusal)}");
        if (reply.IsAnswered || reply.Refusal is ErrorCode.UnknownMemberId or ErrorCode.FencedMemberEpoch)
            _state = null;
    }

    private async Task RoundAsync()
    {
        if (_state is null)
        {
            await JoinAsync();
            return;
        }

        if (random.Chance(0.05))
        {
            // A commit and a heartbeat in flight together.
            _underWay.Add(CommitAsync());
        }
        else if (random.Chance(0.7))
        {
            await CommitAsync();
        }

        if (random.Chance(0.15))
            _underWay.Add(CommitAsync());
        var released = _state is { } state && random.Chance(0.8) ? state.ToRevoke : [];
        if (_state is not null)
            await BeatAsync(released);
        _underWay.RemoveAll(task => task.IsCompleted);
    }

    private async Task JoinAsync()
    {
        var instance = await world.AnyInstanceAsync(random);
        var request = new JoinRequest(_id, random.Pick(s_wants)) { SessionTimeout = world.Scenario.SessionTimeout, Assignor = world.Scenario.Assignor, ClientId = name };
        var reply = await instance.CallAsync(engine => engine.Groups.JoinAsync(GroupWorld.Group, request, CancellationToken.None));
        world.Trace.Add(name, $"{number} joins by {instance.Name}: {(reply.IsAnswered ? reply.Result.Value.Epoch.ToString(System.Globalization.CultureInfo.InvariantCulture) : reply.Refusal.ToString())}");
        if (!reply.IsAnswered)
            return;
        world.Tally.Joins++;
        if (!world.Joined.TryAdd((name, reply.Result.Value.Epoch), number) && world.Joined[(name, reply.Result.Value.Epoch)] != number)
            world.Report("I16", $"{name}: two processes were given epoch {reply.Result.Value.Epoch}");
        _sequence = 0;
        Learn(reply.Result.Value);
    }

    private async Task BeatAsync(IReadOnlyList<GroupPartition> released)
    {
        var epoch = _state!.Epoch;
        world.GivenUp.UnionWith(released.Select(partition => (name, epoch, partition.Key)));
        var instance = await world.AnyInstanceAsync(random);
        var request = new HeartbeatRequest(_id, epoch) { Released = [.. released.Select(partition => partition.Key)] };
        var reply = await instance.CallAsync(engine => engine.Groups.HeartbeatAsync(GroupWorld.Group, request, CancellationToken.None));
        world.Trace.Add(name, $"{number} beats by {instance.Name}, gives up {released.Count}: {Show(reply.IsAnswered, reply.Refusal)}");
        if (reply.IsAnswered)
            Learn(reply.Result.Value);
        else if (reply.Refusal is ErrorCode.UnknownMemberId or ErrorCode.FencedMemberEpoch && (world.IsHealed || random.Chance(0.8)))
            _state = null;
    }

    /// <summary>Commits some of what it owns, or believes to own.</summary>
    private async Task CommitAsync()
    {
        if (_state is not { } state || state.Owned.Count == 0)
            return;
        var sequence = ++_sequence;
        var tag = new CommitTag(name, state.Epoch, sequence, (number * 100_000) + ++_commits);
        var commits = state.Owned.Where(_ => random.Chance(0.7)).Select(partition => Draw(partition, tag)).ToList();
        if (commits.Count == 0)
            return;
        await world.DelayAsync(random.Chance(0.1) ? random.LogBetween(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5)) : TimeSpan.Zero);
        var begunAt = world.Now;
        var known = commits.ToDictionary(commit => commit, commit => world.Acknowledged.GetValueOrDefault(PartitionOf(commit)));
        var instance = await world.AnyInstanceAsync(random);
        var request = new CommitRequest(_id, state.Epoch, commits) { Sequence = sequence };
        var reply = await instance.CallAsync(engine => engine.Groups.CommitAsync(GroupWorld.Group, request, CancellationToken.None));
        world.Trace.Add(name, $"{number} commits {tag} of {commits.Count} by {instance.Name}: {Show(reply.IsAnswered, reply.Refusal)}");
        if (reply.IsUnknown)
        {
            world.Tally.Unknown++;
            return;
        }

        if (!reply.IsAnswered)
        {
            world.Tally.Refused++;
            commits.ForEach(commit => world.Refused.Add((tag, PartitionOf(commit))));
            if (reply.Refusal == ErrorCode.OutOfOrderSequenceNumber && _underWay.Count == 0)
                world.Report("I15", $"{tag} is refused as older than another, and there was none");
            return;
        }

        world.Tally.Commits++;
        var refused = reply.Result.Value.Refused.ToDictionary(one => one.Commit, one => one.Why.Code);
        foreach (var commit in commits)
        {
            if (!refused.TryGetValue(commit, out var why))
                JudgeDone(tag, commit, begunAt);
            else if (why == ErrorCode.OffsetOutOfRange && commit.Offset <= known[commit])
                world.Report("R14", $"{tag}: offset {commit.Offset} of {PartitionOf(commit)} is refused, and was acknowledged up to {known[commit]}");
            else if (why is not ErrorCode.RequestTimedOut)
                world.Refused.Add((tag, PartitionOf(commit)));
        }
    }

    private void JudgeDone(CommitTag tag, OffsetCommit commit, long begunAt)
    {
        var partition = PartitionOf(commit);
        if (!world.Chronicle.Judge.WasStored(tag, partition))
            world.Report("I15", $"{tag} of {partition} is acknowledged and was never stored");
        if (world.DeletedAt.TryGetValue(partition.Topic, out var deletedAt) && begunAt > deletedAt + (world.Scenario.Engine.MetadataMaxAge + TimeSpan.FromSeconds(1)).Ticks)
            world.Report("I15", $"{tag} of {partition} is acknowledged, and its topic was deleted before");
    }

    /// <summary>Somewhere in what is known to be there; now and then far beyond.</summary>
    private OffsetCommit Draw(GroupPartition partition, CommitTag tag)
    {
        var end = world.Acknowledged.GetValueOrDefault(partition.Key);
        var offset = random.Chance(0.03) ? end + 1000 : random.Chance(0.5) ? end : random.Below((int)end + 1);
        return new OffsetCommit(partition.Topic, partition.Partition, offset) { TopicId = partition.TopicId, Metadata = tag.ToString() };
    }

    /// <summary>What it was told that it owns is its own, unless it has been removed since.</summary>
    private void Learn(HeartbeatResult state)
    {
        var image = world.Chronicle.ImageOf(GroupWorld.Group.Value);
        foreach (var owned in state.Owned)
        {
            var owner = image.Owners.GetValueOrDefault(owned.Key);
            if (image.IsThere(name, state.Epoch) && (owner is null || owner.Member != name || owner.Epoch != state.Epoch))
                world.Report("I16", $"{name}:{state.Epoch} was told that it owns {owned.Key}, which belongs to {owner}");
        }

        _state = state;
    }

    private static TopicPartition PartitionOf(OffsetCommit commit) => new(commit.TopicId!.Value, commit.Partition);

    private static string Show(bool isAnswered, ErrorCode refusal) => isAnswered ? "done" : refusal == ErrorCode.None ? "no answer" : refusal.ToString();
}

using ManagedLog.Engine;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Groups;

/// <summary>What goes on around a group: topics are made, filled, grow, are deleted and made again; offsets are reset and forgotten, groups deleted; clients without membership commit.</summary>
internal sealed class GroupSurroundings(GroupWorld world, SeededRandom random)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private int _commits;

    public static string TopicName(int number) => $"orders{number}";

    public async Task CreateAsync(string topic)
    {
        while (true)
        {
            var asked = new NewTopic(topic, world.Scenario.Partitions, null, new Dictionary<string, string?> { ["linger.ms"] = "0" }, false);
            var reply = await CallAsync(engine => engine.CreateTopicAsync(asked, CancellationToken.None));
            if (reply.IsAnswered || reply.Refusal == ErrorCode.TopicAlreadyExists)
                return;
            await world.DelayAsync(Pause);
        }
    }

    /// <summary>Appends now and then until everything is over.</summary>
    public async Task ProduceAsync()
    {
        while (!world.IsHealed)
        {
            await world.DelayAsync(random.LogBetween(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(6)));
            await ProduceOnceAsync();
        }
    }

    public async Task ProduceOnceAsync()
    {
        var found = await CallAsync(engine => engine.FindTopicAsync(TopicName(random.Below(world.Scenario.Topics)), CancellationToken.None));
        if (!found.IsAnswered)
            return;
        var topic = found.Result.Value;
        world.Know(topic.Name, topic.Id);
        var partition = random.Below(topic.Partitions);
        var builder = new RecordBatchBuilder();
        for (var i = random.Between(1, 5); i > 0; i--)
            builder.Add(world.Loop.Time.GetUtcNow().ToUnixTimeMilliseconds(), null, new byte[8], []);
        var batch = builder.Build();
        RecordBatchHeader.TryRead(batch.Span, out var header);
        var reply = await CallAsync(engine => engine.AppendAsync(topic, partition, new AppendRequest([batch]), CancellationToken.None));
        if (reply.IsAnswered)
            world.Acknowledged[topic.At(partition)] = Math.Max(world.Acknowledged.GetValueOrDefault(topic.At(partition)), reply.Result.Value.Batches[0].BaseOffset + header.RecordCount);
    }

    /// <summary>A client that assigns partitions to itself. In the group with members it is refused while there are any.</summary>
    public async Task CommitAsync()
    {
        while (!world.IsHealed)
        {
            await world.DelayAsync(random.LogBetween(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20)));
            var group = random.Chance(0.5) ? GroupWorld.Group : GroupWorld.SimpleGroup;
            var (topic, partition) = (TopicName(0), random.Below(world.Scenario.Partitions));
            var tag = new CommitTag("simple", 0, 0, ++_commits);
            var reply = await CallAsync(engine => engine.Groups.CommitWithoutMembersAsync(group, [new OffsetCommit(topic, partition, 0) { Metadata = tag.ToString() }], CancellationToken.None));
            world.Trace.Add("simple", $"commits {tag} to {group}: {(reply.IsAnswered ? "done" : reply.Refusal.ToString())}");
            if (!reply.IsAnswered && !reply.IsUnknown)
                world.RefusedSimple.Add(tag);
        }
    }

    public async Task InterveneAsync()
    {
        for (var i = 0; i < world.Scenario.Interventions && !world.IsHealed; i++)
        {
            await world.DelayAsync(random.LogBetween(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(40)));
            switch (random.Below(8))
            {
                case 0 or 1:
                    await GrowAsync();
                    break;
                case 2 or 3 when world.Scenario.Topics > 1:
                    await RecreateAsync();
                    break;
                case 4:
                    await CallAsync(engine => engine.Groups.DeleteAsync(GroupWorld.Group, CancellationToken.None));
                    break;
                case 5:
                    await CallAsync(engine => engine.Groups.DeleteOffsetsAsync(GroupWorld.Group, [new PartitionName(TopicName(0), null)], CancellationToken.None));
                    break;
                case 6:
                    await DeleteByForceAsync();
                    break;
                default:
                    await ResetAsync(random.Chance(0.7));
                    break;
            }
        }
    }

    /// <summary>Reads what is committed, how the group stands, and the list, and holds it against what stood meanwhile.</summary>
    public async Task ReadAsync()
    {
        while (!world.IsHealed)
        {
            await world.DelayAsync(random.LogBetween(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15)));
            var first = world.Chronicle.HistoryOf(GroupWorld.Group.Value).Count - 1;
            var reply = await CallAsync(engine => engine.Groups.OffsetsAsync(GroupWorld.Group, [new PartitionName(TopicName(0), null)], CancellationToken.None));
            if (reply.IsAnswered)
                JudgeOffsets(reply.Result.Value, first);
            await CallAsync(engine => engine.Groups.DescribeAsync(GroupWorld.Group, CancellationToken.None));
            await CallAsync(engine => engine.Groups.ListAsync(10, null, CancellationToken.None));
        }
    }

    private void JudgeOffsets(IReadOnlyList<CommittedOffset> answered, int first)
    {
        var images = world.Chronicle.HistoryOf(GroupWorld.Group.Value).Skip(Math.Max(0, first)).ToList();
        var told = answered.ToDictionary(offset => offset.Partition.Key, offset => offset.Offset);
        foreach (var partition in images.SelectMany(image => image.Offsets.Keys).Distinct().Where(partition => world.IsLasting(partition.Topic)))
        {
            var stood = images.Select(image => image.Offsets.GetValueOrDefault(partition)?.Offset).ToHashSet();
            if (!stood.Contains(told.TryGetValue(partition, out var offset) ? offset : null))
                world.Report("I15", $"{partition} was told to be committed at {(told.ContainsKey(partition) ? offset : null)}, and stood at {string.Join(' ', stood)} meanwhile");
        }
    }

    private async Task GrowAsync()
    {
        var topic = TopicName(random.Below(world.Scenario.Topics));
        var found = await CallAsync(engine => engine.FindTopicAsync(topic, CancellationToken.None));
        if (found.IsAnswered)
            await CallAsync(engine => engine.GrowTopicAsync(topic, found.Result.Value.Partitions + random.Between(1, 2), CancellationToken.None));
    }

    private async Task RecreateAsync()
    {
        var name = TopicName(world.Scenario.Topics - 1);
        var found = await CallAsync(engine => engine.FindTopicAsync(name, CancellationToken.None));
        if (!found.IsAnswered)
            return;
        while (true)
        {
            var deleted = await CallAsync(engine => engine.DeleteTopicAsync(name, CancellationToken.None));
            if (deleted.IsAnswered || deleted.Refusal == ErrorCode.UnknownTopicOrPartition)
                break;
            await world.DelayAsync(Pause);
        }

        world.DeletedAt.TryAdd(found.Result.Value.Id, world.Now);
        world.Trace.Add("surroundings", $"{name} {found.Result.Value.Id} is deleted");
        await world.DelayAsync(random.LogBetween(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(15)));
        await CreateAsync(name);
    }

    private async Task ResetAsync(bool isForced)
    {
        var to = random.Pick([OffsetReset.Earliest, OffsetReset.Latest, OffsetReset.By(-2), OffsetReset.ToOffset(3), OffsetReset.ToTimestamp(0)]);
        var request = new OffsetResetRequest(to) { IsForced = isForced, Partitions = random.Chance(0.5) ? [new PartitionName(TopicName(0), null)] : null };
        await CallAsync(engine => engine.Groups.PreviewResetAsync(GroupWorld.Group, request, CancellationToken.None));
        var reply = await CallAsync(engine => engine.Groups.ResetAsync(GroupWorld.Group, request, CancellationToken.None));
        world.Trace.Add("surroundings", $"resets to {to.Kind}, by force {isForced}: {(reply.IsAnswered ? "done" : reply.Refusal.ToString())}");
        if (reply.IsAnswered)
            world.Tally.Resets++;
    }

    /// <summary>Removes all members and then, if nobody was faster, the group.</summary>
    private async Task DeleteByForceAsync()
    {
        await ResetAsync(isForced: true);
        var reply = await CallAsync(engine => engine.Groups.DeleteAsync(GroupWorld.Group, CancellationToken.None));
        world.Trace.Add("surroundings", $"deletes the group: {(reply.IsAnswered ? "done" : reply.Refusal.ToString())}");
    }

    private async Task<Workload.Reply<T>> CallAsync<T>(Func<LogEngine, ValueTask<Result<T>>> call) => await (await world.AnyInstanceAsync(random)).CallAsync(call);
}

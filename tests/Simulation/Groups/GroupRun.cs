using System.Globalization;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Groups;

/// <summary>
/// One run of consumer groups: several instances of the real engine over one storage, members and others who call them, faults, then none, and judgement. Everything in it follows from its
/// seed.
/// </summary>
internal static class GroupRun
{
    private static readonly TimeSpan VirtualLimit = TimeSpan.FromDays(20);

    /// <summary>After the last fault, all that was begun before must come to an end within this.</summary>
    private static readonly TimeSpan EndBound = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(2);

    /// <summary>What clients that behave need beyond the session time-out of those that are gone, and how long what has changed in topics may not be known.</summary>
    private static readonly TimeSpan SettleBound = Heartbeat * 15;

    private static readonly TimeSpan HousekeepingBound = TimeSpan.FromMinutes(12);

    public static RunReport<GroupRunFigures> Execute(ulong seed, GroupBreakage breakage, bool keepTrace = false)
    {
        GroupWorld? world = null;
        try
        {
            SimulationLoop.Run(seed, VirtualLimit, loop =>
            {
                world = new GroupWorld(loop, seed, breakage, keepTrace);
                return RunAsync(world);
            });
        }
        catch (SimulationException e)
        {
            world!.Report("I21", e.Message);
        }

        return new RunReport<GroupRunFigures>(seed, "--groups", breakage.Name, world!.Violations, world.Trace, FiguresOf(world));
    }

    private static async Task RunAsync(GroupWorld world)
    {
        var supervisors = world.Instances.Select(instance => instance.SuperviseAsync()).ToList();
        var keeper = new GroupSurroundings(world, world.Random.Fork());
        for (var topic = 0; topic < world.Scenario.Topics; topic++)
            await keeper.CreateAsync(GroupSurroundings.TopicName(topic));

        var members = new List<GroupMember>();
        for (var member = 0; member < world.Scenario.Members; member++)
        {
            members.Add(new GroupMember(world, $"m{member}", members.Count, world.Random.Fork()));

            // Another process that believes to be the same member.
            if (world.Random.Chance(0.15))
                members.Add(new GroupMember(world, $"m{member}", members.Count, world.Random.Fork()));
        }

        var busy = members.Select(member => member.RunAsync()).ToList();
        List<Task> others =
        [
            new GroupSurroundings(world, world.Random.Fork()).ProduceAsync(),
            new GroupSurroundings(world, world.Random.Fork()).CommitAsync(),
            new GroupSurroundings(world, world.Random.Fork()).ReadAsync(),
            new GroupSurroundings(world, world.Random.Fork()).InterveneAsync(),
            DisturbAsync(world, world.Random.Fork()),
        ];

        // What a client waits for may be an instance that only the end of all faults brings back.
        await Task.WhenAny(Task.WhenAll(busy), world.DelayAsync(TimeSpan.FromMinutes(30)));
        world.Heal();
        await EndAsync(world, [.. busy, .. others]);
        await Task.WhenAll(world.Instances.Select(instance => instance.LandedAsync()));

        var staying = new List<GroupMember>();
        for (var i = 0; i < members.Count; i++)
        {
            if (await busy[i] && staying.TrueForAll(other => other.Name != members[i].Name))
                staying.Add(members[i]);
        }

        await SettleAsync(world, staying);
        JudgeRefused(world);
        await PassAsync(world, staying);
        world.IsOver = true;
        foreach (var instance in world.Instances)
            instance.Up?.Kill();
        await Task.WhenAll(supervisors);
    }

    private static async Task EndAsync(GroupWorld world, List<Task> actors)
    {
        await await Task.WhenAny(Task.WhenAll(actors), world.DelayAsync(EndBound));
        if (!actors.TrueForAll(actor => actor.IsCompleted))
            world.Report("I20", $"{actors.Count(actor => !actor.IsCompleted)} actors have got no answer {EndBound} after the last fault");
    }

    private static async Task DisturbAsync(GroupWorld world, SeededRandom random)
    {
        var underWay = new List<Task>();
        for (var i = 0; i < world.Scenario.Disturbances && !world.IsHealed; i++)
        {
            await world.DelayAsync(random.LogBetween(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(40)));
            var victim = random.Pick(world.Instances);
            switch (random.Below(4))
            {
                case 0:
                    victim.Up?.Kill();
                    break;
                case 1:
                    victim.JumpClock();
                    break;
                default:
                    if (victim.Up is { } up)
                        underWay.Add(up.FreezeAsync(random.LogBetween(TimeSpan.FromMilliseconds(100), world.Scenario.SessionTimeout * 2)));
                    break;
            }
        }

        await Task.WhenAll(underWay);
    }

    /// <summary>
    /// Whoever is left behaves. Those who are gone count as gone after their session, topics are known as they are after a while, and then each partition is with the one who is to have it.
    /// </summary>
    private static async Task SettleAsync(GroupWorld world, List<GroupMember> staying)
    {
        // Where nobody is left to notice who is gone, the housekeeping does.
        var bound = staying.Count > 0 ? SettleBound : HousekeepingBound;
        var until = world.Now + (world.Scenario.SessionTimeout + world.Scenario.Engine.GroupTopicsMaxAge + bound).Ticks;
        while (world.Now < until)
        {
            await Task.WhenAll(staying.Select(member => member.BehaveAsync()));
            await world.DelayAsync(Heartbeat);
        }

        var image = world.Chronicle.ImageOf(GroupWorld.Group.Value);
        if (!image.Members.Keys.SequenceEqual(staying.Select(member => member.Name).Order(StringComparer.Ordinal)))
            world.Report("I20", $"members are {string.Join(' ', image.Members.Keys)}, and there should be {string.Join(' ', staying.Select(member => member.Name))}");
        foreach (var member in staying)
        {
            if (member.State is not { IsSettled: true } state)
                world.Report("I20", $"{member.Name} has not settled: {member.State}");
            else if (image.Head?.ShareOf(member.Name) is not { } share || !share.Target.SequenceEqual(state.Owned.Select(partition => partition.Key)))
                world.Report("I20", $"{member.Name} has {state.Owned.Count} partitions, and is to have {image.Head?.ShareOf(member.Name)?.Target.Count}");
        }

        foreach (var instance in world.Instances)
        {
            var process = instance.Up;
            if (process is null)
                continue;
            var described = await process.CallAsync(engine => engine.Groups.DescribeAsync(GroupWorld.Group, CancellationToken.None));
            if (staying.Count > 0 && !(described.IsAnswered && described.Result.Value.Status == GroupStatus.Stable && described.Result.Value.Members.Count == staying.Count))
                world.Report("I20", $"{process.Name} describes the group as {(described.IsAnswered ? described.Result.Value.Status : described.Refusal)}");
            var topics = await process.CallAsync(engine => engine.ListTopicsAsync(CancellationToken.None));
            var wanted = image.Head?.Topics.Select(topic => topic.Id).ToHashSet() ?? [];
            var standing = topics.Result.Value.ToDictionary(topic => topic.Id, topic => topic.Partitions);
            if (image.Head?.Topics.Any(topic => standing.GetValueOrDefault(topic.Id) != topic.Partitions) == true)
                world.Report("I20", $"{wanted.Count} topics are shared out, and not as they stand");
        }
    }

    /// <summary>I5: what was refused took no effect, neither before nor after.</summary>
    private static void JudgeRefused(GroupWorld world)
    {
        foreach (var (tag, partition) in world.Refused)
        {
            if (world.Chronicle.Judge.WasStored(tag, partition))
                world.Report("I5", $"{tag} of {partition} was refused, and stored");
        }

        foreach (var tag in world.RefusedSimple.Where(world.Chronicle.Judge.WasStored))
            world.Report("I5", $"{tag} was refused, and stored");
    }

    /// <summary>Everybody leaves; after the retention nothing of any group is left.</summary>
    private static async Task PassAsync(GroupWorld world, List<GroupMember> staying)
    {
        foreach (var member in staying)
            await member.LeaveAsync(null);
        world.IsSettled = true;
        var end = world.Now + TimeSpan.FromDays(12).Ticks;
        while (world.Now < end)
        {
            if (world.Instances[0].Up is { } up)
                await up.TickAsync();
            await world.DelayAsync(TimeSpan.FromSeconds(40));
            if (world.Instances[1].Up is { } other)
                await other.TickAsync();
            await world.DelayAsync(TimeSpan.FromHours(5));
        }

        foreach (var group in new[] { GroupWorld.Group, GroupWorld.SimpleGroup })
        {
            var image = world.Chronicle.ImageOf(group.Value);
            if (!image.IsNothing)
                world.Report("I13", $"{group}: {image.Offsets.Count} offsets, {image.Owners.Count} owners, {image.Members.Count} members and the head {image.Head} are left after twelve days");
        }

        var names = await world.Effects.QueryRowsAsync(StorageLayout.ClusterTable, new RowQuery(StorageLayout.GroupNamesPartitionKey), CancellationToken.None);
        var due = await world.Effects.QueryRowsAsync(StorageLayout.DueTable, new RowQuery(StorageLayout.DuePartitionKey), CancellationToken.None);
        var left = names.Value.Rows.Concat(due.Value.Rows.Where(row => Engine.Metadata.Rows.GroupDueRow.IsGroups(row.Address.RowKey))).Select(row => row.Address.RowKey).ToList();
        if (left.Count > 0)
            world.Report("I13", string.Create(CultureInfo.InvariantCulture, $"{left.Count} rows that lead to groups are left after twelve days: {string.Join(' ', left)}"));
    }

    private static GroupRunFigures FiguresOf(GroupWorld world) => new(
        world.Tally.Joins,
        world.Tally.Commits,
        world.Tally.Refused,
        world.Tally.Unknown,
        world.Tally.Effective,
        world.Tally.Generations,
        world.Tally.TakenOver,
        world.Tally.Gone,
        world.Tally.Resets,
        world.Tally.Deletions,
        world.Instances.Sum(instance => instance.Starts),
        world.Instances.Sum(instance => instance.Calls),
        TimeSpan.FromTicks(world.Now));
}

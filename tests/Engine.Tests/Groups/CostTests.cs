using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;

namespace ManagedLog.Engine.Tests.Groups;

/// <summary>Storage operations are money.</summary>
public class CostTests
{
    [Fact]
    public void AQuietHeartbeat_IsOneRowUpdate_AndNothingElse() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync(configure: options => options.GroupTopicsMaxAge = TimeSpan.FromHours(1));
        await one.CreateAsync("t", 4);
        var a = await one.JoinAsync("a", "t");
        var b = await one.JoinAsync("b", "t");
        a = await one.BeatAsync("a", a.Epoch, (await one.BeatAsync("a", a.Epoch)).ToRevoke);
        b = await one.BeatAsync("b", b.Epoch);
        Assert.True(a.IsSettled && b.IsSettled);

        var cost = await one.CostAsync(async () =>
        {
            for (var beat = 0; beat < 200; beat++)
            {
                await world.WaitAsync(TimeSpan.FromSeconds(3));
                await one.BeatAsync("a", a.Epoch);
                await one.BeatAsync("b", b.Epoch);
            }
        });

        Assert.Equal("CommitRows=400", cost);
    });

    [Fact]
    public void Topics_AreReadOnceInAWhile_HoweverManyMembersCall() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 8);
        var epochs = new List<long>();
        for (var member = 0; member < 8; member++)
            epochs.Add((await one.JoinAsync($"m{member}", "t")).Epoch);
        for (var round = 0; round < 4; round++)
        {
            for (var member = 0; member < 8; member++)
                await one.BeatAsync($"m{member}", epochs[member], (await one.BeatAsync($"m{member}", epochs[member])).ToRevoke);
        }

        var cost = await one.CostAsync(async () =>
        {
            for (var beat = 0; beat < 20; beat++)
            {
                await world.WaitAsync(TimeSpan.FromSeconds(3));
                for (var member = 0; member < 8; member++)
                    await one.BeatAsync($"m{member}", epochs[member]);
            }
        });

        // Listing topics is a query and a read of what counts for all of them.
        Assert.Equal("ReadRow=2 QueryRows=2 CommitRows=160", cost);
    });

    [Fact]
    public void AQuietMember_ThatCallsAnyInstance_CostsAReadMore() => GroupWorld.Run(async world =>
    {
        GroupInstance[] instances =
        [
            await world.StartAsync(configure: Once), await world.StartAsync(configure: Once), await world.StartAsync(configure: Once),
        ];
        await instances[0].CreateAsync("t", 4);
        var epochs = new[] { (await instances[0].JoinAsync("m0", "t")).Epoch, (await instances[1].JoinAsync("m1", "t")).Epoch };
        var random = new Random(1);
        for (var beat = 0; beat < 40; beat++)
            await BeatAsync();

        var costs = 0L;
        var reads = 0L;
        for (var beat = 0; beat < 300; beat++)
        {
            foreach (var instance in instances)
                instance.Mark();
            await BeatAsync();
            costs += instances.Sum(instance => instance.SinceMark().Total);
            reads += instances.Sum(instance => instance.SinceMark()[StorageVerb.QueryRows]);
        }

        // Two for each of 600 heartbeats; fewer where two in a row come to the same instance, and a look at all members once a session time-out on each instance.
        Assert.InRange(costs, 900, 1300);
        Assert.InRange(reads, 0, 3 * 20);

        static void Once(EngineOptions options) => options.GroupTopicsMaxAge = TimeSpan.FromHours(10);

        async Task BeatAsync()
        {
            await world.WaitAsync(TimeSpan.FromSeconds(3));
            for (var member = 0; member < 2; member++)
            {
                var state = await instances[random.Next(3)].BeatAsync($"m{member}", epochs[member]);
                if (state.ToRevoke.Count > 0)
                    await instances[random.Next(3)].BeatAsync($"m{member}", epochs[member], state.ToRevoke);
            }
        }
    });

    /// <summary>As docs/cost.md has it.</summary>
    [Fact]
    public void WhatMembersDoSeldom_CostsWhatTheTableSays() => GroupWorld.Run(async world =>
    {
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        await one.CreateAsync("t", 4);
        var epochs = new Dictionary<string, long>();
        var costs = new List<string>();
        await NoteAsync("the first join", one, async () => epochs["a"] = (await one.JoinAsync("a", "t")).Epoch);
        await NoteAsync("another join", one, async () => epochs["b"] = (await one.JoinAsync("b", "t")).Epoch);
        HeartbeatResult? told = null;
        await NoteAsync("a heartbeat with news", one, async () => told = await one.BeatAsync("a", epochs["a"]));
        await NoteAsync("giving up", one, async () => await one.BeatAsync("a", epochs["a"], told!.ToRevoke));
        await NoteAsync("claiming", one, async () => await one.BeatAsync("b", epochs["b"]));
        await one.BeatAsync("a", epochs["a"]);
        await other.Engine.ListTopicsAsync(default);
        await NoteAsync("a heartbeat elsewhere, the first of the group there", other, async () => await other.BeatAsync("a", epochs["a"]));
        await NoteAsync("a heartbeat elsewhere, known by its row before", one, async () => await one.BeatAsync("a", epochs["a"]));
        await NoteAsync("a commit elsewhere", other, async () => await other.CommitAsync("b", epochs["b"], 1, new OffsetCommit("t", 2, 0)));
        await NoteAsync("leaving", one, async () => await one.LeaveAsync("b", epochs["b"]));
        await NoteAsync("committed offsets", one, async () => await one.OffsetsAsync());
        await NoteAsync("a description", one, async () => await one.Groups.DescribeAsync(GroupWorld.Group, default));

        // Listing topics is a query and a read, finding one a read, and each may need the defaults of all topics: another read.
        Assert.Equal(
            [
                "the first join: ReadRow=3 QueryRows=2 CommitRows=4",
                "another join: ReadRow=3 QueryRows=3 CommitRows=2",
                "a heartbeat with news: ReadRow=2 CommitRows=2",
                "giving up: CommitRows=1",
                "claiming: ReadRow=1 QueryRows=1 CommitRows=1",
                "a heartbeat elsewhere, the first of the group there: ReadRow=5 QueryRows=4 CommitRows=1",
                "a heartbeat elsewhere, known by its row before: ReadRow=1 CommitRows=2",
                "a commit elsewhere: ReadRow=4 QueryRows=1 CommitRows=1",
                "leaving: ReadRow=2 QueryRows=2 CommitRows=1",
                "committed offsets: ReadRow=1 QueryRows=1",
                "a description: ReadRow=1 QueryRows=2",
            ],
            costs);

        async Task NoteAsync(string what, GroupInstance instance, Func<Task> call) => costs.Add($"{what}: {await instance.CostAsync(call)}");
    });

    [Fact]
    public void ACommitOf98Partitions_IsOneTransaction_AndOfMoreSeveral() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", 200);
        var a = await one.JoinAsync("a", "t");
        Assert.Equal(200, a.Owned.Count);

        await one.Engine.FindTopicAsync("t", default);
        Assert.Equal("CommitRows=1", await one.CostAsync(async () => await one.CommitAsync("a", a.Epoch, 1, [.. Enumerable.Range(0, 98).Select(partition => new OffsetCommit("t", partition, 0))])));
        Assert.Equal("CommitRows=3", await one.CostAsync(async () => await one.CommitAsync("a", a.Epoch, 2, [.. Enumerable.Range(0, 200).Select(partition => new OffsetCommit("t", partition, 0))])));
        Assert.Equal("CommitRows=1", await one.CostAsync(async () => await one.BeatAsync("a", a.Epoch)));
        Assert.Equal(200, (await one.OffsetsAsync()).Count);
    });
}

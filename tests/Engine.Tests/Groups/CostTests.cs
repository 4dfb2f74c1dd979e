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

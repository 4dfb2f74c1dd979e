using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Insight;

public class ClusterCheckTests
{
    private static Task<HousekeepingInstance> StartAsync(HousekeepingWorld world, FaultScript? faults = null) =>
        world.StartAsync(faults, configure: options => options.HistoryInterval = TimeSpan.FromMinutes(1));

    [Fact]
    public void Health_TellsEveryInstanceWhoDoesTheHousekeeping() => HousekeepingWorld.Run(async world =>
    {
        var (one, other) = (await StartAsync(world), await StartAsync(world));
        await one.TickAsync();
        var electedAt = world.Now.ToUnixTimeMilliseconds();
        await other.TickAsync();

        var health = await other.Engine.Insight.HealthAsync();

        Assert.True(health.IsHealthy);
        Assert.False(health.LastTick!.IsElected);
        Assert.Equal((await one.Engine.Insight.HealthAsync()).Instance.ToString("N"), health.Housekeeping!.Instance);
        Assert.Equal((electedAt, electedAt), (health.Housekeeping.ElectedAt, health.Housekeeping.At));
        Assert.Equal(new DueBacklog(0, false, null), health.Backlog);
    });

    [Fact]
    public void Journal_IsWrittenWhenElectedAndThenOnlyWhenSomethingWasDone() => HousekeepingWorld.Run(async world =>
    {
        var one = await StartAsync(world);
        await one.TickAsync();
        var before = one.Calls.Calls.Count;
        await world.TickForAsync(one, TimeSpan.FromHours(3));
        Assert.DoesNotContain(one.Calls.Calls.Skip(before), call => call.Verb == StorageVerb.CommitRows && call.Target == StorageLayout.ClusterTable);
        var electedAt = (await one.Engine.Insight.HealthAsync()).Housekeeping!.ElectedAt;

        await one.CreateAsync("t");
        await one.Engine.DeleteTopicAsync("t", default);
        await world.TickForAsync(one, TimeSpan.FromMinutes(2));

        var trace = (await one.Engine.Insight.HealthAsync()).Housekeeping!;
        Assert.Equal(electedAt, trace.ElectedAt);
        Assert.True(trace.At > electedAt);
        Assert.Contains("1 deleted topics freed", trace.Summary, StringComparison.Ordinal);
    });

    /// <summary>The row is for people: without it, or with it written without an answer, everything goes on.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Journal_ThatCannotBeWritten_IsMissingAndNoMore(bool before) => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript().On(
            call => call.Verb == StorageVerb.CommitRows && call.Key.EndsWith(StorageLayout.HousekeepingRowKey, StringComparison.Ordinal), before ? Fault.LostRequest : Fault.LostReply, times: 2);
        var one = await StartAsync(world, faults);
        Assert.True((await one.TickAsync()).IsElected);
        Assert.Null((await one.Engine.Insight.HealthAsync()).Housekeeping);
        Assert.True((await one.TickAsync()).IsElected);
    });

    [Fact]
    public void Health_WhenNobodyDoesTheHousekeeping_ShowsWhatIsDueAndSinceWhen() => HousekeepingWorld.Run(async world =>
    {
        var one = await StartAsync(world);
        var topic = await one.CreateAsync("t", 3, ("segment.bytes", "16384"));
        for (var partition = 0; partition < 3; partition++)
            await one.AppendLargeAsync(topic, 7, partition);
        await world.WaitAsync(TimeSpan.FromDays(20));

        var before = one.Calls.Snapshot();
        var health = await one.Engine.Insight.HealthAsync();

        Assert.Equal("ReadRow=2 QueryRows=1", one.Calls.Since(before).ToString());
        Assert.Equal((3, false), (health.Backlog!.Partitions, health.Backlog.IsMore));
        Assert.Equal(new OrphanSweeps(3, 3, null), health.Sweeps);
        Assert.Null(health.Housekeeping);
    });

    [Fact]
    public void Health_WhenStorageDoesNotAnswer_SaysSo() => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var one = await StartAsync(world, faults);
        faults.On(_ => true, Fault.LostRequest, times: 100);
        var health = await one.Engine.Insight.HealthAsync();
        Assert.False(health.IsHealthy);
        Assert.NotNull(health.Storage.Detail);
        Assert.Equal((null, null), (health.Housekeeping, health.Backlog));
    });
}

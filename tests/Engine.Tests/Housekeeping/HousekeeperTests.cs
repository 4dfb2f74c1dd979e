using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Housekeeping;

public class HousekeeperTests
{
    private static readonly (string, string) Small = ("segment.bytes", "16384");

    [Fact]
    public void Tick_WhenTheElectedInstanceIsGone_PassesToAnotherAfterTheLeaseThatIsSet() => HousekeepingWorld.Run(async world =>
    {
        var gone = await world.StartAsync(configure: static options => options.HousekeepingLease = TimeSpan.FromSeconds(20));
        var other = await world.StartAsync(configure: static options => options.HousekeepingLease = TimeSpan.FromSeconds(20));
        Assert.True((await gone.TickAsync()).IsElected);

        await world.WaitAsync(TimeSpan.FromMilliseconds(19_999));
        Assert.False((await other.TickAsync()).IsElected);
        await world.WaitAsync(TimeSpan.FromMilliseconds(1));
        Assert.True((await other.TickAsync()).IsElected);
    });

    [Fact]
    public void Tick_OverTenThousandQuietPartitions_CostsAtMostTenOperations() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        for (var i = 0; i < 10; i++)
        {
            var topic = await one.CreateAsync("t" + i, 1000);
            for (var partition = 0; partition < 1000; partition++)
                await one.AppendAsync(topic, "a", partition);
        }

        Assert.Equal(10_000, (await world.DueAsync()).Count);
        var fresh = await world.StartAsync();
        for (var i = 0; i < 130; i++)
        {
            var before = fresh.Calls.Snapshot();
            Assert.Equal(0, (await fresh.TickAsync()).Due);
            // The first also finds that there is no blob to lease, and looks for old Idempotency-Keys.
            Assert.InRange(fresh.Calls.Since(before).Total, 3, i == 0 ? 10 : i % 120 == 0 ? 4 : 3);
            await world.WaitAsync(TimeSpan.FromSeconds(30));
        }
    });

    /// <summary>
    /// Over a month, what a quiet partition costs is a few operations a week, so that 10,000 of them stay below ten operations for each tick of half a minute.
    /// </summary>
    [Fact]
    public void Tick_OfAQuietPartitionForAMonth_CostsAFewOperationsAWeek() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", ("retention.ms", "-1"));
        await one.AppendAsync(topic, "a");
        await world.TickThroughAsync(one, TimeSpan.FromDays(21));
        var before = one.Calls.Calls.Count;

        await world.TickThroughAsync(one, TimeSpan.FromDays(28));

        // Without the three of each tick itself, and the one that lists the topics for all partitions that are due.
        var made = one.Calls.Calls.Skip(before).Count(call => call.Target is not StorageLayout.ControllerBlob and not StorageLayout.TopicsTable && call.Verb != StorageVerb.QueryRows);
        const double TicksAWeek = 7 * 24 * 120;
        Assert.InRange(made / 4.0 * 10_000 / TicksAWeek, 0, 7);
        Assert.Single(await world.DueAsync());
    });

    [Fact]
    public void Tick_AfterManyRolls_LeavesOneRowOfDueWork() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, ("retention.ms", "864000000"));
        for (var i = 0; i < 60; i++)
        {
            await one.AppendLargeAsync(topic, 7);
            await world.TickForAsync(one, TimeSpan.FromMinutes(20));
            await world.WaitAsync(TimeSpan.FromHours(3));
        }

        await world.TickForAsync(one, TimeSpan.FromMinutes(20));
        Assert.InRange((await world.DueAsync()).Count, 1, 2);
        await world.TickThroughAsync(one, TimeSpan.FromDays(8));
        Assert.Single(await world.DueAsync());
    });

    [Fact]
    public void Tick_WhileAPartitionRollsMoreOftenThanItsAnnouncementsAreAllowedToRest_LooksAfterItAllTheSame() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, ("retention.bytes", "100000"));

        for (var i = 0; i < 120; i++)
        {
            // A roll at least every ten seconds, a tick every half minute.
            await one.AppendLargeAsync(topic, 6);
            await world.WaitAsync(TimeSpan.FromSeconds(10));
            if (i % 3 == 2)
                await one.TickAsync();
        }

        // Twenty minutes and a hundred segments later, only what is left by retention and what came in the last minute or two.
        var segments = await world.SegmentsAsync(topic.At(0));
        Assert.InRange(segments.Count, 5, 25);
        Assert.Contains(segments, segment => segment.IsRewritten);
        Assert.InRange((await world.DueAsync()).Count(row => DueWork.IsAtOnce(row.DueAt)), 1, 3);
    });

    [Fact]
    public void Tick_OnASecondInstance_LeavesTheWorkToTheFirstUntilItIsGone() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var other = await world.StartAsync();

        Assert.True((await one.TickAsync()).IsElected);
        var before = other.Calls.Snapshot();
        Assert.False((await other.TickAsync()).IsElected);
        Assert.Equal(1, other.Calls.Since(before).Total);

        await world.WaitAsync(TimeSpan.FromSeconds(50));
        Assert.True((await one.TickAsync()).IsElected);
        await world.WaitAsync(TimeSpan.FromSeconds(61));
        Assert.True((await other.TickAsync()).IsElected);
    });

    /// <summary>Every instance believes at every moment that it alone is elected.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Ticks_OfThreeInstancesAtOnceWithLeasesThatLie_DoWhatOneWouldDo(ulong seed) => HousekeepingWorld.Run(
        async world =>
        {
            var keepers = new List<HousekeepingInstance>();
            for (var i = 0; i < 3; i++)
                keepers.Add(await world.StartAsync(decorate: inner => new LyingLeaseBackend(inner)));
            var topic = await keepers[0].CreateAsync("t", 2, Small, ("retention.ms", "1800000"), ("segment.ms", "600000"));
            var gone = await keepers[0].CreateAsync("gone", Small);
            await keepers[0].AppendLargeAsync(gone, 13);
            await keepers[0].Engine.DeleteTopicAsync("gone", default);
            for (var i = 0; i < 60; i++)
            {
                var appends = keepers.Select((keeper, k) => keeper.AppendAsync(topic, $"{HousekeepingInstance.Large(i)}", partition: k % 2)).ToList();
                var ticks = await Task.WhenAll(keepers.Select(keeper => keeper.TickAsync()));
                Assert.All(ticks, tick => Assert.True(tick.IsElected));
                await Task.WhenAll(appends);
                await world.WaitAsync(TimeSpan.FromMinutes(1));
            }

            for (var partition = 0; partition < 2; partition++)
            {
                var ends = await keepers[1].OffsetsAsync(topic, partition);
                Assert.InRange(ends.LogStart, 1, ends.LogEnd - 1);
                Assert.Equal(ends.LogEnd - ends.LogStart, (await keepers[2].ReadAllAsync(topic, partition)).Count);
            }

            await world.TickThroughAsync(keepers[0], TimeSpan.FromDays(8));
            Assert.Equal([.. await world.NamedAsync(topic.At(0)), .. await world.NamedAsync(topic.At(1))], await world.BlobsAsync(topic.Id));
            Assert.Empty(await world.BlobsAsync(gone.Id));
            Assert.Equal(2, (await world.DueAsync()).Count);
            Assert.All(keepers, keeper => Assert.Empty(keeper.Engine.StoppedPartitions));
        },
        seed);

    [Fact]
    public void Tick_WhenOnePartitionIsBroken_LooksAfterTheOthersAndTriesItAgainLater() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", 3, Small, ("retention.bytes", "0"));
        for (var partition = 0; partition < 3; partition++)
            await one.AppendLargeAsync(topic, 13, partition);
        var broken = (await world.SegmentsAsync(topic.At(1)))[1];
        await world.Twin.CommitRowsAsync(
            StorageLayout.PartitionsTable, new RowBatch(StorageLayout.PartitionKey(topic.At(1))).Delete(StorageLayout.SegmentRowKey(broken.BaseOffset), null), default);
        await world.WaitAsync(TimeSpan.FromSeconds(40));

        var ticked = await one.TickAsync();

        Assert.Equal((3, 2, 1), (ticked.Due, ticked.Done, ticked.Failed));
        Assert.Empty(await world.SegmentsAsync(topic.At(0)));
        Assert.Empty(await world.SegmentsAsync(topic.At(2)));
        Assert.Equal(0, (await one.TickAsync()).Due);
        await world.WaitAsync(MaintenancePlan.RetryAfter);
        Assert.Equal(1, (await one.TickAsync()).Failed);
    });

    [Fact]
    public void Tick_WhenMoreIsDueThanOneTakes_GoesOnInTheNext() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync(configure: options => options.HousekeepingBatch = 4);
        var topic = await one.CreateAsync("t", 10, Small);
        for (var partition = 0; partition < 10; partition++)
            await one.AppendLargeAsync(topic, 7, partition);
        await world.WaitAsync(TimeSpan.FromSeconds(40));

        var ticks = new List<HousekeepingSummary> { await one.TickAsync(), await one.TickAsync(), await one.TickAsync(), await one.TickAsync() };

        Assert.Equal([(4, true), (4, true), (2, false), (0, false)], ticks.Select(tick => (tick.Done, tick.IsMore)));
    });

    [Fact]
    public void Tick_WhenItsTimeIsOver_LeavesTheRestForTheNext() => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var one = await world.StartAsync(faults);
        var topic = await one.CreateAsync("t", 3, Small);
        for (var partition = 0; partition < 3; partition++)
            await one.AppendLargeAsync(topic, 7, partition);
        await world.WaitAsync(TimeSpan.FromSeconds(40));
        faults.On(StorageVerb.ListBlobs, Fault.Before(() => world.WaitAsync(TimeSpan.FromSeconds(26))));

        var ticked = await one.TickAsync();

        Assert.Equal((3, 1, true), (ticked.Due, ticked.Done, ticked.IsMore));
        Assert.Equal(2, (await one.TickAsync()).Done);
    });

    [Fact]
    public void Tick_WhenStorageIsDown_IsRefusedAndTheNextGoesOn() => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var one = await world.StartAsync(faults);
        var topic = await one.CreateAsync("t", Small);
        await one.AppendLargeAsync(topic, 7);
        await world.WaitAsync(TimeSpan.FromSeconds(40));
        faults.On(call => call.Verb == StorageVerb.QueryRows && call.Target == StorageLayout.DueTable, Fault.Throttled, times: RetryingBackend.MaxTries);

        Assert.Equal(ErrorCode.KafkaStorageError, (await one.Engine.RunHousekeepingAsync(default)).Refusal?.Code);

        Assert.Equal(1, (await one.TickAsync()).Done);
    });

    [Fact]
    public void Tick_WhenARowOfALaterVersionIsDue_PassesItOver() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small);
        await one.AppendLargeAsync(topic, 7);
        var later = new Dictionary<string, RowValue> { ["Format"] = 2 };
        await world.Twin.CommitRowsAsync(StorageLayout.DueTable, new RowBatch(StorageLayout.DuePartitionKey).Insert("0-of-tomorrow", later), default);
        await world.WaitAsync(TimeSpan.FromSeconds(40));

        Assert.Equal(1, (await one.TickAsync()).Done);

        Assert.Contains(await world.RowsAsync(StorageLayout.DueTable, StorageLayout.DuePartitionKey), row => row.Address.RowKey == "0-of-tomorrow");
    });
}

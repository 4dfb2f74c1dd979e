using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Groups;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Insight;

/// <summary>The history of how far groups were behind.</summary>
public class LagTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static Task<HousekeepingInstance> StartAsync(HousekeepingWorld world, FaultScript? faults = null) =>
        world.StartAsync(faults, configure: options => options.HistoryInterval = Minute);

    private static async Task<IReadOnlyList<HistoryPoint>> ReadAsync(HousekeepingInstance instance, Topic? topic, TimeSpan back, TimeSpan step)
    {
        var to = instance.World.Now.ToUnixTimeMilliseconds() + 1;
        var read = await instance.Engine.Insight.HistoryAsync(topic, new HistoryRequest(to - (long)back.TotalMilliseconds, to, (long)step.TotalMilliseconds));
        Assert.False(read.IsRefused, read.Refusal?.ToString());
        return read.Value.Points;
    }

    /// <summary>The lag of the group at the end of each of the last minutes; −1: nothing is known.</summary>
    private static async Task<long[]> LagsAsync(HousekeepingInstance instance, Topic topic, int minutes) =>
        [.. (await ReadAsync(instance, topic, minutes * Minute, Minute)).Select(point => point.Lags?.Single(lag => lag.Group == GroupWorld.Group).Lag ?? -1)];

    private static async Task CommitAsync(HousekeepingInstance instance, long offset, int partition = 0) =>
        GroupWorld.Accepted(await instance.Engine.Groups.CommitWithoutMembersAsync(GroupWorld.Group, [new OffsetCommit("t", partition, offset)], default));

    /// <summary>How often something was appended to the history.</summary>
    private static async Task<long> ReportsAsync(HousekeepingInstance instance)
    {
        var metrics = (await instance.Engine.ListTopicsAsync(default)).Value.SingleOrDefault(topic => topic.Name == ActivityReporter.TopicName);
        return metrics is null ? 0 : (await instance.OffsetsAsync(metrics)).LogEnd;
    }

    [Fact]
    public void Lag_GrowsWithWhatIsProduced_AndFallsWithACommit_WhicheverInstanceIsUsed() => HousekeepingWorld.Run(async world =>
    {
        var (producer, consumer) = (await StartAsync(world), await StartAsync(world));
        var topic = await producer.CreateAsync("t", 2);
        await producer.AppendAsync(topic, "a");
        await CommitAsync(consumer, 1);
        for (var minute = 0; minute < 8; minute++)
        {
            await producer.AppendAsync(topic, "a");
            await producer.AppendAsync(topic, "b", 1);
            if (minute == 5)
                await CommitAsync(consumer, 5);
            await world.TickForAsync(producer, Minute);
            await consumer.TickAsync();
        }

        await world.TickForAsync(producer, 2 * Minute);
        await consumer.TickAsync();
        // A fresh instance knows only what was written down. Of partition 1, of which nothing was committed, there is no lag.
        var lags = await LagsAsync(await StartAsync(world), topic, 12);
        Assert.Equal(-1, lags[0]);
        Assert.Equal(4, lags[^1]);
        var known = lags.SkipWhile(lag => lag < 0).ToArray();
        Assert.Equal(1, known.Zip(known.Skip(1)).Count(pair => pair.Second < pair.First));
        Assert.Equal([0, 1, 2, 3, 4], known.Distinct().Take(5));
        Assert.Null((await ReadAsync(consumer, null, 12 * Minute, Minute))[^1].Lags);
    });

    [Fact]
    public void Lag_OfAGroupThatHasStopped_GrowsOn_WhatWasCommittedBeforeTheTimeAskedForCounts() => HousekeepingWorld.Run(async world =>
    {
        var (producer, consumer) = (await StartAsync(world), await StartAsync(world));
        var topic = await producer.CreateAsync("t");
        await producer.AppendAsync(topic, "a");
        await CommitAsync(consumer, 1);
        await world.WaitAsync(2 * Minute);
        await consumer.TickAsync();
        for (var minute = 0; minute < 30; minute++)
        {
            await producer.AppendAsync(topic, "a");
            await world.TickForAsync(producer, Minute);
        }

        var lags = await LagsAsync(await StartAsync(world), topic, 10);
        Assert.InRange(lags[0], 18, 21);
        Assert.Equal(lags.Order(), lags);
        Assert.InRange(lags[^1], 28, 30);
    });

    [Fact]
    public void Commit_OfTheSameOffsetAgain_IsNoReasonToWrite() => HousekeepingWorld.Run(async world =>
    {
        var (producer, consumer) = (await StartAsync(world), await StartAsync(world));
        var topic = await producer.CreateAsync("t");
        await producer.AppendAsync(topic, "a");
        await producer.AppendAsync(topic, "b");
        await world.TickForAsync(producer, 2 * Minute);
        Assert.Equal(1, await ReportsAsync(producer));

        await CommitAsync(consumer, 1);
        await world.TickForAsync(consumer, 2 * Minute);
        Assert.Equal(2, await ReportsAsync(producer));
        for (var i = 0; i < 20; i++)
        {
            await CommitAsync(consumer, 1);
            await world.TickForAsync(consumer, Minute);
        }

        Assert.Equal(2, await ReportsAsync(producer));
        await CommitAsync(consumer, 2);
        await world.TickForAsync(consumer, 2 * Minute);
        Assert.Equal(3, await ReportsAsync(producer));
        Assert.Equal([1, 0], (await LagsAsync(producer, topic, 25)).Where(lag => lag >= 0).Distinct());
    });

    /// <summary>One report is one append, with commits in it or without.</summary>
    [Fact]
    public void Commit_CostsNoOperationOfItsOwn() => HousekeepingWorld.Run(async world =>
    {
        var instance = await StartAsync(world);
        var topic = await instance.CreateAsync("t");
        await instance.AppendAsync(topic, "a");
        await CommitAsync(instance, 0);
        await world.TickForAsync(instance, 2 * Minute);

        var calls = new List<int>();
        for (var round = 0; round < 2; round++)
        {
            await instance.AppendAsync(topic, "b");
            if (round == 1)
                await CommitAsync(instance, 2);
            var before = instance.Calls.Calls.Count;
            await world.WaitAsync(Minute);
            await instance.Engine.FetchAsync(topic, 0, new FetchRequest(FetchFrom.At(0), 1_000_000, TimeSpan.Zero), default);
            await world.WaitAsync(TimeSpan.FromSeconds(5));
            calls.Add(instance.Calls.Calls.Count - before);
        }

        Assert.Equal(3, await ReportsAsync(instance));
        Assert.Equal(calls[0], calls[1]);
    });

    [Fact]
    public void Lag_AfterARestart_GoesOn() => HousekeepingWorld.Run(async world =>
    {
        var first = await StartAsync(world);
        var topic = await first.CreateAsync("t");
        for (var i = 0; i < 5; i++)
            await first.AppendAsync(topic, "a");
        await CommitAsync(first, 1);
        await world.TickForAsync(first, 2 * Minute);

        var second = await StartAsync(world);
        await second.AppendAsync(topic, "a");
        await world.TickForAsync(second, 2 * Minute);
        await CommitAsync(second, 6);
        await world.TickForAsync(second, 2 * Minute);
        Assert.Equal([-1, 4, 5, 0], (await LagsAsync(second, topic, 8)).Distinct());
    });

    [Fact]
    public void Lag_OfMembers_IsKnownToo_AndARefusedCommitDoesNotCount() => HousekeepingWorld.Run(async world =>
    {
        var instance = await StartAsync(world);
        var topic = await instance.CreateAsync("t", 2);
        for (var i = 0; i < 6; i++)
            await instance.AppendAsync(topic, "a", i / 5);
        var member = GroupWorld.Member("m");
        var joined = GroupWorld.Accepted(await instance.Engine.Groups.JoinAsync(GroupWorld.Group, new JoinRequest(member, MemberSubscription.Of("t")), default));
        foreach (var offset in (long[])[3, 99])
        {
            var request = new CommitRequest(member, joined.Epoch, [new OffsetCommit("t", 0, offset), new OffsetCommit("t", 1, 0)]);
            Assert.Equal(offset == 99 ? 1 : 0, GroupWorld.Accepted(await instance.Engine.Groups.CommitAsync(GroupWorld.Group, request, default)).Refused.Count);
        }

        await world.TickForAsync(instance, 2 * Minute);
        Assert.Equal(3, (await LagsAsync(instance, topic, 1))[0]);
    });

    [Fact]
    public void Lag_AfterAReset_IsThatOfTheNewOffset_AndEndsWithWhatWasCommitted() => HousekeepingWorld.Run(async world =>
    {
        var instance = await StartAsync(world);
        var topic = await instance.CreateAsync("t", 2);
        for (var i = 0; i < 5; i++)
            await instance.AppendAsync(topic, "a", i % 2);
        await CommitAsync(instance, 3);
        await CommitAsync(instance, 1, 1);
        await world.TickForAsync(instance, 2 * Minute);
        Assert.Equal(1, (await LagsAsync(instance, topic, 1))[0]);

        GroupWorld.Accepted(await instance.Engine.Groups.ResetAsync(
            GroupWorld.Group, new OffsetResetRequest(OffsetReset.Earliest) { Partitions = [new PartitionName("t", 0)] }, default));
        await world.TickForAsync(instance, 2 * Minute);
        Assert.Equal(4, (await LagsAsync(instance, topic, 1))[0]);

        GroupWorld.Accepted(await instance.Engine.Groups.DeleteOffsetsAsync(GroupWorld.Group, [new PartitionName("t", 0)], default));
        await world.TickForAsync(instance, 2 * Minute);
        Assert.Equal(1, (await LagsAsync(instance, topic, 1))[0]);

        GroupWorld.Accepted(await instance.Engine.Groups.DeleteAsync(GroupWorld.Group, default));
        await world.TickForAsync(instance, 2 * Minute);
        Assert.Equal(-1, (await LagsAsync(instance, topic, 1))[0]);
    });

    [Fact]
    public void Lag_WhenOffsetsAreTakenAwayWithTime_Ends() => HousekeepingWorld.Run(async world =>
    {
        var instance = await world.StartAsync(configure: options => (options.HistoryInterval, options.OffsetsRetention) = (Minute, TimeSpan.FromHours(2)));
        var topic = await instance.CreateAsync("t");
        await instance.AppendAsync(topic, "a");
        await CommitAsync(instance, 0);
        await world.TickThroughAsync(instance, TimeSpan.FromHours(12));
        await world.TickForAsync(instance, 2 * Minute);
        var points = await ReadAsync(instance, topic, TimeSpan.FromHours(14), TimeSpan.FromMinutes(30));
        Assert.Contains(points, point => point.Lags?[0].Lag == 1);
        Assert.Null(points[^1].Lags);
    });

    /// <summary>A fault at any call that a commit makes, before its effect or after it: what is acknowledged is in the history.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Commit_WithAFaultAtAnyCall_IsTold(bool isAfter)
    {
        var calls = 0;
        for (var call = 1; call < 30; call++)
        {
            var reached = false;
            var at = call;
            HousekeepingWorld.Run(async world =>
            {
                var faults = new FaultScript();
                var instance = await StartAsync(world, faults);
                var topic = await instance.CreateAsync("t");
                for (var i = 0; i < 3; i++)
                    await instance.AppendAsync(topic, "a");
                faults.On(_ => true, isAfter ? Fault.LostReply : Fault.LostRequest, at);
                var committed = await instance.Engine.Groups.CommitWithoutMembersAsync(GroupWorld.Group, [new OffsetCommit("t", 0, 2)], default);
                reached = faults.IsSpent;
                if (committed.IsRefused)
                    await CommitAsync(instance, 2);
                await world.TickForAsync(instance, 3 * Minute);
                Assert.Equal(1, (await LagsAsync(await StartAsync(world), topic, 1))[0]);
            });
            if (!reached)
                break;
            calls = call;
        }

        Assert.InRange(calls, 2, 28);
    }
}

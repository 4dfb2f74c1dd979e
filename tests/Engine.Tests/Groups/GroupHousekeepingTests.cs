using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Tests.Groups;

public class GroupHousekeepingTests
{
    [Fact]
    public void Members_OfWhomNobodyIsLeftToNotice_AreRemoved() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 2);
        await one.JoinAsync("a", "t");
        await one.JoinAsync("b", "t");

        await world.World.TickForAsync(one.Instance, TimeSpan.FromMinutes(8));

        Assert.Empty(await world.RowKeysAsync("member-"));
        Assert.Empty(await world.RowKeysAsync("owner-"));
        Assert.Empty((await world.HeadAsync()).Shares);
    });

    [Fact]
    public void AMember_ThatIsHeardOf_Stays_WhateverAnInstancesClockSays() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var ahead = await world.StartAsync(skew: TimeSpan.FromHours(1));
        await one.CreateAsync("t", 1);
        var a = await one.JoinAsync("a", "t");

        for (var beat = 0; beat < 60; beat++)
        {
            await world.WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Single((await one.BeatAsync("a", a.Epoch)).Owned);
            await ahead.Instance.TickAsync();
        }
    });

    /// <summary>Being told that there is news is no sign of life.</summary>
    [Fact]
    public void AMember_NotHeardOf_IsRemoved_HoweverOftenOthersComeAndGo() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 4);
        await one.JoinAsync("silent", "t");

        for (var seconds = 0; seconds < 50; seconds += 5)
        {
            var comer = await one.JoinAsync("comer", "t");
            await world.WaitAsync(TimeSpan.FromSeconds(5));
            await one.LeaveAsync("comer", comer.Epoch);
        }

        var last = await one.JoinAsync("last", "t");
        Assert.Equal(4, last.Owned.Count);
    });

    [Fact]
    public void Offsets_AreKeptForTheRetentionSinceTheLastMemberWent_AndThenTheGroupGoes() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", 1);
        await one.FillAsync(topic, 0, 3);
        var a = await one.JoinAsync("a", "t");
        GroupWorld.Accepted(await one.CommitAsync("a", a.Epoch, 1, new OffsetCommit("t", 0, 3)));
        for (var hours = 0; hours < 9 * 24; hours++)
        {
            // Nobody commits for longer than the retention, but a member is there.
            for (var beat = 0; beat < 2; beat++)
            {
                await world.WaitAsync(TimeSpan.FromMinutes(30));
                var beaten = await one.TryBeatAsync("a", a.Epoch);
                if (beaten.IsRefused)
                    a = await one.JoinAsync("a", "t");
                await one.Instance.TickAsync();
            }
        }

        Assert.Equal([(0, 3L)], await one.OffsetsAsync());
        await one.LeaveAsync("a");
        await world.World.TickThroughAsync(one.Instance, TimeSpan.FromDays(6.5));
        Assert.Equal([(0, 3L)], await one.OffsetsAsync());

        await world.World.TickThroughAsync(one.Instance, TimeSpan.FromDays(2));
        Assert.Empty(await one.OffsetsAsync());
        GroupWorld.Refused(ErrorCode.GroupIdNotFound, await one.Groups.DescribeAsync(GroupWorld.Group, default));

        await world.World.TickThroughAsync(one.Instance, TimeSpan.FromDays(2));
        Assert.Empty(await world.RowsAsync());
        Assert.Empty(await world.World.RowsAsync(StorageLayout.ClusterTable, StorageLayout.GroupNamesPartitionKey));
        Assert.DoesNotContain(await world.World.RowsAsync(StorageLayout.DueTable, StorageLayout.DuePartitionKey), row => GroupDueRow.IsGroups(row.Address.RowKey));
    });

    [Fact]
    public void Offsets_OfADeletedTopic_AndOfOneThatNobodyReadsAnyMore_Go() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 1);
        await one.CreateAsync("u", 1);
        await one.CreateAsync("v", 1);
        GroupWorld.Accepted(await one.Groups.CommitWithoutMembersAsync(
            GroupWorld.Group, [new OffsetCommit("t", 0, 0), new OffsetCommit("u", 0, 0), new OffsetCommit("v", 0, 0)], default));
        var a = await one.JoinAsync("a", "t");
        GroupWorld.Accepted(await one.Engine.DeleteTopicAsync("u", default));
        Assert.Equal(3, (await world.RowKeysAsync("offset-")).Count);

        await KeepAsync(TimeSpan.FromMinutes(20));
        Assert.Equal(2, (await world.RowKeysAsync("offset-")).Count);
        await KeepAsync(TimeSpan.FromDays(7.1));
        Assert.Equal("t", GroupOffsetRow.Decode((await world.RowsAsync()).Single(row => row.Address.RowKey.StartsWith("offset-", StringComparison.Ordinal))).Topic);

        async Task KeepAsync(TimeSpan span)
        {
            for (var until = world.World.Now + span; world.World.Now < until;)
            {
                await world.WaitAsync(TimeSpan.FromSeconds(40));
                await one.BeatAsync("a", a.Epoch);
                if (world.World.Now.Minute % 10 == 0)
                    await one.Instance.TickAsync();
            }
        }
    });

    [Fact]
    public void AQuietGroup_CostsOneLookADay() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 1);
        GroupWorld.Accepted(await one.Groups.CommitWithoutMembersAsync(GroupWorld.Group, [new OffsetCommit("t", 0, 0)], default));
        await world.World.TickThroughAsync(one.Instance, TimeSpan.FromHours(30));

        var looks = 0;
        for (var hour = 0; hour < 72; hour++)
        {
            await world.WaitAsync(TimeSpan.FromHours(1));
            looks += (await one.Instance.TickAsync()).Groups;
        }

        Assert.InRange(looks, 2, 3);
        Assert.Equal([(0, 0L)], await one.OffsetsAsync());
    });

    /// <summary>The row that names a group, and the one that leads the housekeeping to it, may be lost to a crash in the wrong moment; whoever changes the group later writes them again.</summary>
    [Fact]
    public void AGroup_ThatNothingLeadsTo_IsFoundAgainOnceSomebodyJoins() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 1);
        await one.JoinAsync("a", "t");
        await world.World.Twin.CommitRowsAsync(StorageLayout.ClusterTable, new RowBatch(StorageLayout.GroupNamesPartitionKey).Delete("g", null), default);

        await (await world.StartAsync()).JoinAsync("b", "t");

        Assert.Single(GroupWorld.Accepted(await one.Groups.ListAsync(10, null, default)).Groups);
    });
}

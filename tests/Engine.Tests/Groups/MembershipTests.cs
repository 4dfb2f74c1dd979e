using ManagedLog.Engine.Groups;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Tests.Groups;

public class MembershipTests
{
    [Fact]
    public void Join_WhenNobodyIsThere_HasEverythingAtOnce() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", 3);

        var joined = await one.JoinAsync("a", "t", "not-yet");

        Assert.Equal([0, 1, 2], joined.Owned.Select(partition => partition.Partition));
        Assert.All(joined.Owned, partition => Assert.Equal(("t", topic.Id), (partition.Topic, partition.TopicId)));
        Assert.True(joined.IsSettled);
    });

    [Fact]
    public void Join_WhenOthersHaveEverything_GetsWhatTheyGiveUp() => GroupWorld.Run(async world =>
    {
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        await one.CreateAsync("t", 4);
        var a = await one.JoinAsync("a", "t");

        var b = await other.JoinAsync("b", "t");

        Assert.Empty(b.Owned);
        Assert.Equal(2, b.Awaited.Count);
        a = await one.BeatAsync("a", a.Epoch);
        Assert.Equal(4, a.Owned.Count);
        Assert.Equal(b.Awaited, a.ToRevoke);
        Assert.Empty((await other.BeatAsync("b", b.Epoch)).Owned);
        a = await one.BeatAsync("a", a.Epoch, a.ToRevoke);
        Assert.True(a.IsSettled);
        b = await other.BeatAsync("b", b.Epoch);
        Assert.True(b.IsSettled);
        Assert.Equal([0, 1, 2, 3], a.Owned.Concat(b.Owned).Select(partition => partition.Partition).Order());
    });

    [Fact]
    public void Leave_GivesWhatItHadToTheOthers() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 4);
        var a = await one.JoinAsync("a", "t");
        var b = await one.JoinAsync("b", "t");
        a = await one.BeatAsync("a", a.Epoch, (await one.BeatAsync("a", a.Epoch)).ToRevoke);
        b = await one.BeatAsync("b", b.Epoch);
        Assert.Equal((2, 2), (a.Owned.Count, b.Owned.Count));

        Assert.False((await one.LeaveAsync("a", a.Epoch)).IsRefused);

        b = await one.BeatAsync("b", b.Epoch);
        Assert.Equal(4, b.Owned.Count);
        GroupWorld.Refused(ErrorCode.UnknownMemberId, await one.TryBeatAsync("a", a.Epoch));
        GroupWorld.Refused(ErrorCode.UnknownMemberId, await one.LeaveAsync("a", a.Epoch));
    });

    [Fact]
    public void Join_OfAMemberThatIsThere_FencesWhoeverUsedItsNameBefore() => GroupWorld.Run(async world =>
    {
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        await one.CreateAsync("t", 2);
        var old = await one.JoinAsync("a", "t");

        var young = await other.JoinAsync("a", "t");

        Assert.True(young.Epoch > old.Epoch);
        Assert.Equal(2, young.Owned.Count);
        GroupWorld.Refused(ErrorCode.FencedMemberEpoch, await one.TryBeatAsync("a", old.Epoch));
        GroupWorld.Refused(ErrorCode.StaleMemberEpoch, await one.CommitAsync("a", old.Epoch, 1, new OffsetCommit("t", 0, 0)));
        GroupWorld.Refused(ErrorCode.FencedMemberEpoch, await one.LeaveAsync("a", old.Epoch));
    });

    [Fact]
    public void AMember_NotHeardOf_IsReplacedAtTheNextHeartbeatOfAnother() => GroupWorld.Run(async world =>
    {
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        await one.CreateAsync("t", 2);
        var a = await one.JoinAsync("a", "t");
        var b = await other.JoinAsync("b", "t");
        a = await one.BeatAsync("a", a.Epoch, (await one.BeatAsync("a", a.Epoch)).ToRevoke);
        b = await other.BeatAsync("b", b.Epoch);
        Assert.Single(b.Owned);

        for (var seconds = 0; seconds < 45; seconds += 3)
        {
            b = await other.BeatAsync("b", b.Epoch);
            Assert.Single(b.Owned);
            await world.WaitAsync(TimeSpan.FromSeconds(3));
        }

        await world.WaitAsync(TimeSpan.FromSeconds(2));
        b = await other.BeatAsync("b", b.Epoch);
        Assert.Equal(2, b.Owned.Count);
        GroupWorld.Refused(ErrorCode.UnknownMemberId, await one.TryBeatAsync("a", a.Epoch));
    });

    [Fact]
    public void Topics_ThatAppearAndGrow_AreSharedOut() => GroupWorld.Run(async world =>
    {
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        await one.CreateAsync("a1", 1);
        var joined = GroupWorld.Accepted(await one.Groups.JoinAsync(GroupWorld.Group, new JoinRequest(GroupWorld.Member("a"), MemberSubscription.Matching("a[0-9]")), default));
        Assert.Single(joined.Owned);

        await other.CreateAsync("a2", 2);
        await other.CreateAsync("a22", 2);
        GroupWorld.Accepted(await other.Engine.GrowTopicAsync("a1", 3, default));
        await world.WaitAsync(TimeSpan.FromSeconds(31));
        joined = await one.BeatAsync("a", joined.Epoch);

        Assert.Equal([("a1", 0), ("a1", 1), ("a1", 2), ("a2", 0), ("a2", 1)], joined.Owned.Select(partition => (partition.Topic, partition.Partition)));
        GroupWorld.Accepted(await one.Engine.DeleteTopicAsync("a1", default));
        joined = await one.BeatAsync("a", joined.Epoch);
        Assert.Equal([0, 1, 2], joined.ToRevoke.Select(partition => partition.Partition));
        Assert.Equal(2, (await one.BeatAsync("a", joined.Epoch, joined.ToRevoke)).Owned.Count);
    });

    [Fact]
    public void ASubscriptionThatChanges_KeepsTheEpochAndWhatIsStillWanted() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 1);
        await one.CreateAsync("u", 1);
        var joined = await one.JoinAsync("a", "t");

        var changed = GroupWorld.Accepted(await one.Groups.HeartbeatAsync(
            GroupWorld.Group, new HeartbeatRequest(GroupWorld.Member("a"), joined.Epoch) { Subscription = MemberSubscription.Of("t", "u") }, default));

        Assert.Equal(joined.Epoch, changed.Epoch);
        Assert.Equal(["t", "u"], changed.Owned.Select(partition => partition.Topic));
        var generation = (await world.HeadAsync()).Generation;
        GroupWorld.Accepted(await (await world.StartAsync()).Groups.HeartbeatAsync(
            GroupWorld.Group, new HeartbeatRequest(GroupWorld.Member("a"), joined.Epoch) { Subscription = MemberSubscription.Of("t", "u") }, default));
        Assert.Equal(generation, (await world.HeadAsync()).Generation);
    });
}

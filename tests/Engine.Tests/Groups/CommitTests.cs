using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Tests.Groups;

public class CommitTests
{
    [Fact]
    public void Commit_OfWhatAMemberOwns_IsWhatAnyInstanceAnswers() => GroupWorld.Run(async world =>
    {
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        var topic = await one.CreateAsync("t", 2);
        await one.FillAsync(topic, 0, 5);
        var a = await one.JoinAsync("a", "t");

        var committed = GroupWorld.Accepted(await one.CommitAsync("a", a.Epoch, 1, new OffsetCommit("t", 0, 4) { Metadata = "m", LeaderEpoch = 0 }, new OffsetCommit("t", 1, 0)));

        Assert.Empty(committed.Refused);
        var offsets = GroupWorld.Accepted(await other.Groups.OffsetsAsync(GroupWorld.Group, null, default));
        Assert.Equal([(0, 4L, "m", 0), (1, 0L, "", -1)], offsets.Select(offset => (offset.Partition.Partition, offset.Offset, offset.Metadata, offset.LeaderEpoch)));
        Assert.Equal(world.World.Now, offsets[0].CommittedAt);
        Assert.Single(GroupWorld.Accepted(await other.Groups.OffsetsAsync(GroupWorld.Group, [new PartitionName("t", 1)], default)));
    });

    [Fact]
    public void Commit_OfSomePartitionsThatCannotBe_StoresTheOthersAndSaysWhy() => GroupWorld.Run(async world =>
    {
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        var topic = await one.CreateAsync("t", 2);
        await one.CreateAsync("u", 1);
        await one.FillAsync(topic, 0, 5);
        var a = await one.JoinAsync("a", "t");
        await one.CommitAsync("a", a.Epoch, 1, new OffsetCommit("t", 0, 1));
        await other.FillAsync(topic, 0, 2);

        var committed = GroupWorld.Accepted(await one.CommitAsync(
            "a", a.Epoch, 2,
            new OffsetCommit("t", 0, 7),
            new OffsetCommit("t", 1, 1),
            new OffsetCommit("t", 2, 0),
            new OffsetCommit("u", 0, 0),
            new OffsetCommit("none", 0, 0),
            new OffsetCommit("t", 1, -1),
            new OffsetCommit("t", 1, 0) { Metadata = new string('x', 4097) },
            new OffsetCommit("t", 1, 0) { TopicId = new(Guid.Empty) }));

        Assert.Equal(
            [
                ErrorCode.OffsetOutOfRange, ErrorCode.UnknownTopicOrPartition, ErrorCode.IllegalGeneration, ErrorCode.UnknownTopicOrPartition, ErrorCode.OffsetOutOfRange,
                ErrorCode.OffsetMetadataTooLarge, ErrorCode.UnknownTopicId,
            ],
            committed.Refused.Select(refused => refused.Why.Code));
        Assert.Equal([(0, 7L)], await one.OffsetsAsync());
    });

    [Fact]
    public void Commit_ByAnInstanceThatKnowsTheMemberFromBefore_IsDecidedByWhatItOwnsNow() => GroupWorld.Run(async world =>
    {
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        var topic = await one.CreateAsync("t", 2);
        await one.FillAsync(topic, 0, 5);
        await one.FillAsync(topic, 1, 5);
        var a = await one.JoinAsync("a", "t");
        var b = await one.JoinAsync("b", "t");
        Assert.Empty(b.Owned);
        a = await one.BeatAsync("a", a.Epoch);
        await one.BeatAsync("a", a.Epoch, a.ToRevoke);
        b = await other.BeatAsync("b", b.Epoch);

        var committed = GroupWorld.Accepted(await one.CommitAsync("b", b.Epoch, null, new OffsetCommit("t", b.Owned[0].Partition, 3)));

        Assert.Empty(committed.Refused);
        Assert.Equal([(b.Owned[0].Partition, 3L)], await one.OffsetsAsync());
    });

    [Fact]
    public void Commit_ThatIsOlderThanTheLast_IsRefused_AndTheSameAgainIsDone() => GroupWorld.Run(async world =>
    {
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        var topic = await one.CreateAsync("t", 1);
        await one.FillAsync(topic, 0, 5);
        var a = await one.JoinAsync("a", "t");
        GroupWorld.Accepted(await other.CommitAsync("a", a.Epoch, 2, new OffsetCommit("t", 0, 2)));

        GroupWorld.Refused(ErrorCode.OutOfOrderSequenceNumber, await one.CommitAsync("a", a.Epoch, 1, new OffsetCommit("t", 0, 1)));
        GroupWorld.Accepted(await one.CommitAsync("a", a.Epoch, 2, new OffsetCommit("t", 0, 2)));
        GroupWorld.Accepted(await one.CommitAsync("a", a.Epoch, null, new OffsetCommit("t", 0, 3)));

        Assert.Equal([(0, 3L)], await one.OffsetsAsync());
        GroupWorld.Refused(ErrorCode.OutOfOrderSequenceNumber, await one.CommitAsync("a", a.Epoch, 2, new OffsetCommit("t", 0, 1)));
    });

    [Fact]
    public void Commit_OfATopicThatWasCreatedAgain_IsRefused() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", 1);
        await one.FillAsync(topic, 0, 5);
        var a = await one.JoinAsync("a", "t");
        GroupWorld.Accepted(await one.CommitAsync("a", a.Epoch, 1, new OffsetCommit("t", 0, 5)));
        GroupWorld.Accepted(await one.Engine.DeleteTopicAsync("t", default));
        var again = await one.CreateAsync("t", 1);
        await one.FillAsync(again, 0, 9);

        var committed = GroupWorld.Accepted(await one.CommitAsync("a", a.Epoch, 2, new OffsetCommit("t", 0, 6)));

        Assert.Equal(ErrorCode.UnknownTopicId, Assert.Single(committed.Refused).Why.Code);
        Assert.Empty(await one.OffsetsAsync());
        a = await one.BeatAsync("a", a.Epoch);
        Assert.Equal([again.Id], a.Owned.Except(a.ToRevoke).Select(partition => partition.TopicId));
    });

    [Fact]
    public void CommitWithoutMembers_IsTakenUntilThereAreSome() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", 1);
        await one.FillAsync(topic, 0, 5);

        GroupWorld.Accepted(await one.Groups.CommitWithoutMembersAsync(GroupWorld.Group, [new OffsetCommit("t", 0, 3)], default));

        Assert.Equal([(0, 3L)], await one.OffsetsAsync());
        Assert.True(GroupWorld.Accepted(await one.Groups.DescribeAsync(GroupWorld.Group, default)).IsSimple);
        var a = await one.JoinAsync("a", "t");
        GroupWorld.Refused(ErrorCode.UnknownMemberId, await one.Groups.CommitWithoutMembersAsync(GroupWorld.Group, [new OffsetCommit("t", 0, 4)], default));
        await one.LeaveAsync("a", a.Epoch);
        GroupWorld.Accepted(await one.Groups.CommitWithoutMembersAsync(GroupWorld.Group, [new OffsetCommit("t", 0, 4)], default));
        Assert.Equal([(0, 4L)], await one.OffsetsAsync());
    });
}

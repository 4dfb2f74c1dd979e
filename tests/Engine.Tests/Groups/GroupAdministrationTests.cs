using ManagedLog.Engine.Groups;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Tests.Groups;

public class GroupAdministrationTests
{
    [Fact]
    public void Describe_TellsWhoHasWhatAndWhoIsToHaveIt() => GroupWorld.Run(async world =>
    {
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        await one.CreateAsync("t", 2);
        GroupWorld.Refused(ErrorCode.GroupIdNotFound, await one.Groups.DescribeAsync(GroupWorld.Group, default));
        var request = new JoinRequest(GroupWorld.Member("a"), MemberSubscription.Of("t"))
        {
            ClientId = "client", InstanceId = "instance", SessionTimeout = TimeSpan.FromSeconds(10), Assignor = AssignorNames.Range,
        };
        var a = GroupWorld.Accepted(await one.Groups.JoinAsync(GroupWorld.Group, request, default));

        var described = GroupWorld.Accepted(await other.Groups.DescribeAsync(GroupWorld.Group, default));

        Assert.Equal((GroupStatus.Stable, "range", a.Generation, false), (described.Status, described.Assignor, described.Generation, described.IsSimple));
        var member = Assert.Single(described.Members);
        Assert.Equal((a.Epoch, "client", "instance", TimeSpan.FromSeconds(10)), (member.Epoch, member.ClientId, member.InstanceId, member.SessionTimeout));
        Assert.Equal(a.Owned, member.Owned);
        Assert.Equal(a.Owned, member.Target);

        await other.JoinAsync("b", "t");
        described = GroupWorld.Accepted(await one.Groups.DescribeAsync(GroupWorld.Group, default));
        Assert.Equal((GroupStatus.Reconciling, 2), (described.Status, described.Members.Count));

        // Nobody is heard of any more: they do not count, whether anybody has removed them or not.
        await world.WaitAsync(TimeSpan.FromMinutes(1));
        described = GroupWorld.Accepted(await one.Groups.DescribeAsync(GroupWorld.Group, default));
        Assert.Equal((GroupStatus.Empty, 0), (described.Status, described.Members.Count));
    });

    [Fact]
    public void List_HasAllGroupsByName_PageByPage() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 1);
        foreach (var name in new[] { "b", "a", "a b", "a!", "c" })
            GroupWorld.Accepted(await one.Groups.CommitWithoutMembersAsync(GroupWorld.Id(name), [new OffsetCommit("t", 0, 0)], default));
        await one.JoinAsync("m", "t");
        GroupWorld.Accepted(await one.Groups.DeleteAsync(GroupWorld.Id("c"), default));

        var listed = new List<GroupListing>();
        string? after = null;
        do
        {
            var page = GroupWorld.Accepted(await one.Groups.ListAsync(2, after, default));
            listed.AddRange(page.Groups);
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(["a", "a b", "a!", "b", "g"], listed.Select(group => group.Group.Value));
        Assert.Equal([true, true, true, true, false], listed.Select(group => group.IsSimple));
        Assert.Equal(GroupStatus.Stable, listed[^1].Status);
    });

    [Fact]
    public void Delete_OfAGroupWithMembers_IsRefused_AndOneThatIsMadeAgainGoesOnBehindIt() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync(skew: TimeSpan.FromMinutes(5));
        var behind = await world.StartAsync(skew: -TimeSpan.FromMinutes(5));
        await one.CreateAsync("t", 1);
        var a = await one.JoinAsync("a", "t");
        GroupWorld.Accepted(await one.CommitAsync("a", a.Epoch, 1, new OffsetCommit("t", 0, 0)));
        GroupWorld.Refused(ErrorCode.NonEmptyGroup, await one.Groups.DeleteAsync(GroupWorld.Group, default));
        await one.LeaveAsync("a");

        GroupWorld.Accepted(await one.Groups.DeleteAsync(GroupWorld.Group, default));

        GroupWorld.Refused(ErrorCode.GroupIdNotFound, await one.Groups.DeleteAsync(GroupWorld.Group, default));
        Assert.Equal(["head"], await world.RowKeysAsync(""));
        var again = await behind.JoinAsync("a", "t");
        Assert.True(again.Epoch > a.Epoch, "An epoch came again, made by an instance whose clock is behind.");
        Assert.Empty(await one.OffsetsAsync());
        GroupWorld.Refused(ErrorCode.StaleMemberEpoch, await one.CommitAsync("a", a.Epoch, 2, new OffsetCommit("t", 0, 0)));
    });

    [Fact]
    public void DeleteOffsets_OfATopicThatSomebodyReads_IsRefused() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 150);
        await one.CreateAsync("u", 1);
        GroupWorld.Refused(ErrorCode.GroupIdNotFound, await one.Groups.DeleteOffsetsAsync(GroupWorld.Group, [new PartitionName("t", null)], default));
        GroupWorld.Accepted(await one.Groups.CommitWithoutMembersAsync(
            GroupWorld.Group, [.. Enumerable.Range(0, 150).Select(partition => new OffsetCommit("t", partition, 0)), new OffsetCommit("u", 0, 0)], default));
        var a = await one.JoinAsync("a", "t");
        GroupWorld.Refused(ErrorCode.GroupSubscribedToTopic, await one.Groups.DeleteOffsetsAsync(GroupWorld.Group, [new PartitionName("t", null)], default));
        GroupWorld.Accepted(await one.Groups.DeleteOffsetsAsync(GroupWorld.Group, [new PartitionName("u", 0)], default));
        await one.LeaveAsync("a", a.Epoch);

        GroupWorld.Accepted(await one.Groups.DeleteOffsetsAsync(GroupWorld.Group, [new PartitionName("t", null)], default));

        Assert.Empty(await one.OffsetsAsync());
    });

    [Fact]
    public void Reset_MovesWithinTheLog_AndPreviewOnlyTells() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", 1);
        await one.FillAsync(topic, 0, 10);
        GroupWorld.Accepted(await one.Engine.DeleteRecordsAsync(topic, 0, 2, default));
        GroupWorld.Refused(ErrorCode.GroupIdNotFound, await one.Groups.ResetAsync(GroupWorld.Group, new OffsetResetRequest(OffsetReset.Earliest), default));
        GroupWorld.Accepted(await one.Groups.CommitWithoutMembersAsync(GroupWorld.Group, [new OffsetCommit("t", 0, 6)], default));

        foreach (var (to, expected) in new[]
        {
            (OffsetReset.Earliest, 2L), (OffsetReset.Latest, 10), (OffsetReset.By(-3), 3), (OffsetReset.By(100), 10), (OffsetReset.By(-100), 2), (OffsetReset.ToOffset(7), 7),
            (OffsetReset.ToOffset(99), 10), (OffsetReset.ToTimestamp(0), 2), (OffsetReset.ToTimestamp(long.MaxValue), 10),
        })
        {
            var preview = Assert.Single(GroupWorld.Accepted(await one.Groups.PreviewResetAsync(GroupWorld.Group, new OffsetResetRequest(to), default)));
            Assert.Equal((6L, expected), (preview.From, preview.To));
            Assert.Equal([(0, 6L)], await one.OffsetsAsync());

            var reset = Assert.Single(GroupWorld.Accepted(await one.Groups.ResetAsync(GroupWorld.Group, new OffsetResetRequest(to), default)));

            Assert.Equal(preview, reset);
            Assert.Equal([(0, expected)], await one.OffsetsAsync());
            GroupWorld.Accepted(await one.Groups.CommitWithoutMembersAsync(GroupWorld.Group, [new OffsetCommit("t", 0, 6)], default));
        }

        GroupWorld.Refused(
            ErrorCode.UnknownTopicOrPartition,
            await one.Groups.ResetAsync(GroupWorld.Group, new OffsetResetRequest(OffsetReset.Latest) { Partitions = [new PartitionName("none", null)] }, default));
    });

    [Fact]
    public void Reset_ByForce_RemovesTheMembersFirst() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", 2);
        await one.FillAsync(topic, 0, 10);
        var epochs = new List<long>();
        for (var member = 0; member < 120; member++)
            epochs.Add((await one.JoinAsync($"m{member}", "t")).Epoch);
        var request = new OffsetResetRequest(OffsetReset.Latest) { Partitions = [new PartitionName("t", null)] };
        GroupWorld.Refused(ErrorCode.NonEmptyGroup, await one.Groups.ResetAsync(GroupWorld.Group, request, default));

        GroupWorld.Accepted(await one.Groups.ResetAsync(GroupWorld.Group, request with { IsForced = true }, default));

        Assert.Equal([(0, 10L), (1, 0L)], await one.OffsetsAsync());
        Assert.Empty(await world.RowKeysAsync("member-"));
        GroupWorld.Refused(ErrorCode.UnknownMemberId, await one.TryBeatAsync("m7", epochs[7]));
    });

    [Fact]
    public void Join_OfWhatCannotBe_IsRefused() => GroupWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var good = new JoinRequest(GroupWorld.Member("a"), MemberSubscription.Of("t"));
        foreach (var (request, code) in new[]
        {
            (good with { Assignor = "none" }, ErrorCode.UnsupportedAssignor),
            (good with { SessionTimeout = TimeSpan.Zero }, ErrorCode.InvalidSessionTimeout),
            (good with { Subscription = MemberSubscription.Matching("(") }, ErrorCode.InvalidRegularExpression),
            (good with { Subscription = MemberSubscription.Of("a b") }, ErrorCode.InvalidTopicException),
            (good with { Subscription = new MemberSubscription([.. Enumerable.Range(0, 200).Select(i => $"{i:D3}{new string('x', 200)}")], null) }, ErrorCode.InvalidRequest),
            (good with { ClientId = new string('x', 256) }, ErrorCode.InvalidRequest),
        })
            GroupWorld.Refused(code, await one.Groups.JoinAsync(GroupWorld.Group, request, default));
        Assert.Empty(await world.RowsAsync());
        foreach (var name in new[] { "", "a/b", "a#", "a?b", "a%", "a\\b", "a\nb", ".", "..", "😀", new string('g', 250) })
            Assert.False(GroupId.TryParse(name, out _), name);
    });

    /// <summary>What 120 members have to be told does not fit into one transaction with the head.</summary>
    [Fact]
    public void AGroup_OfMoreMembersThanATransactionHolds_SharesOutAndTellsThem() => GroupWorld.Run(async world =>
    {
        var (one, other) = (await world.StartAsync(), await world.StartAsync());
        await one.CreateAsync("t", 240);
        var epochs = new long[120];
        for (var member = 0; member < epochs.Length; member++)
            epochs[member] = (await (member % 2 == 0 ? one : other).JoinAsync($"m{member}", "t")).Epoch;
        for (var round = 0; round < 8; round++)
        {
            for (var member = 0; member < epochs.Length; member++)
            {
                var instance = member % 2 == 0 ? one : other;
                await instance.BeatAsync($"m{member}", epochs[member], (await instance.BeatAsync($"m{member}", epochs[member])).ToRevoke);
            }
        }

        var described = GroupWorld.Accepted(await one.Groups.DescribeAsync(GroupWorld.Group, default));
        Assert.Equal((GroupStatus.Stable, 120), (described.Status, described.Members.Count));
        Assert.Equal([2], described.Members.Select(member => member.Owned.Count).Distinct());

        GroupWorld.Accepted(await other.Engine.GrowTopicAsync("t", 360, default));
        await world.WaitAsync(TimeSpan.FromSeconds(31));
        for (var round = 0; round < 2; round++)
        {
            for (var member = 0; member < epochs.Length; member++)
                await (member % 2 == 0 ? one : other).BeatAsync($"m{member}", epochs[member]);
        }

        described = GroupWorld.Accepted(await one.Groups.DescribeAsync(GroupWorld.Group, default));
        Assert.Equal(GroupStatus.Stable, described.Status);
        Assert.Equal([3], described.Members.Select(member => member.Owned.Count).Distinct());
    });
}

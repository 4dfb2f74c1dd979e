using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Tests.Groups;

public class GroupRowTests
{
    [Fact]
    public void AHead_WrittenAndReadAgain_IsTheSame_HoweverLong()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var head = Draw(new Random(seed), seed % 20 == 0 ? 1001 : 30);

            var read = GroupHeadRow.Decode(RowOf(head.Encode()));

            Assert.Equal((head.State, head.Generation, head.Assignor, head.EmptySince), (read.State, read.Generation, read.Assignor, read.EmptySince));
            Assert.Equal(head.Topics, read.Topics);
            Assert.Equal(head.Shares.Select(share => (share.Member, share.Epoch)), read.Shares.Select(share => (share.Member, share.Epoch)));
            Assert.All(head.Shares.Zip(read.Shares), pair => Assert.Equal(pair.First.Target, pair.Second.Target));
        }
    }

    [Fact]
    public void AHead_OfTenThousandPartitionsAndAThousandMembers_FitsIntoARow()
    {
        var topics = Enumerable.Range(0, 10).Select(topic => new GroupTopic(new TopicId(new Guid(topic + 1, 0, 0, new byte[8])), $"topic-{topic}", 1000)).ToArray();
        var shares = Enumerable.Range(0, 1000).Select(member => new GroupShare(
            $"consumer-{member:D36}", 1_800_000_000_000 + member, [.. topics.Select(topic => new TopicPartition(topic.Id, (member * 7) % 1000))])).ToArray();
        var head = new GroupHeadRow(GroupHeadState.Open, 1_800_000_001_000, "sticky", topics, shares, 0);

        var properties = head.Encode();
        new RowBatch("g").Insert("head", properties);

        Assert.True(properties.ContainsKey("Shares1"));
        Assert.Equal(shares[999].Target, GroupHeadRow.Decode(RowOf(properties)).Shares[999].Target);
    }

    [Theory]
    [InlineData("Topics", "x")]
    [InlineData("Topics", "00000000000000000000000000000001\t1\t")]
    [InlineData("Topics", "00000000000000000000000000000001\t-1\tt")]
    [InlineData("Shares", "a")]
    [InlineData("Shares", "a\t-1")]
    [InlineData("Shares", "a\t1\t1:0")]
    [InlineData("Shares", "a\t1\t0:2")]
    [InlineData("Shares", "a\t1\t0:1-0")]
    [InlineData("Shares", "a\t1\t0:0-99999999999")]
    [InlineData("Shares", "a\t1\t0")]
    [InlineData("State", "shut")]
    public void AHead_ThatNobodyWrites_IsRefused(string property, string value)
    {
        var topic = new GroupTopic(new TopicId(new Guid(1, 0, 0, new byte[8])), "t", 2);
        var properties = new GroupHeadRow(GroupHeadState.Open, 5, null, [topic], [new GroupShare("a", 4, [new TopicPartition(topic.Id, 1)])], 0).Encode();
        properties[property] = value;

        Assert.Throws<InvalidDataException>(() => GroupHeadRow.Decode(RowOf(properties)));
    }

    [Fact]
    public void OtherRows_WrittenAndReadAgain_AreTheSame_AndOfALaterFormatRefused()
    {
        var member = new GroupMemberRow(7, ["a", "b"], "c.*", 45_000) { ClientId = "x", InstanceId = "y", Assignor = "range", CommitSequence = 9, SeenAt = 8, JoinId = "z", Settled = 6 };
        var read = GroupMemberRow.Decode(RowOf(member.Encode()));
        Assert.Equal(member.Topics, read.Topics);
        Assert.Equal(member with { Topics = read.Topics }, read);
        Assert.Empty(GroupMemberRow.Decode(RowOf(new GroupMemberRow(1, [], null, 1).Encode())).Topics);
        var owner = new GroupOwnerRow("t", "m", 3);
        Assert.Equal(owner, GroupOwnerRow.Decode(RowOf(owner.Encode())));
        var offset = new GroupOffsetRow("t", 5, -1, "note", null, 0);
        Assert.Equal(offset, GroupOffsetRow.Decode(RowOf(offset.Encode())));
        var due = new GroupDueRow(12, "a-group-b");
        Assert.True(GroupDueRow.IsGroups(due.Key));
        Assert.Equal(due, GroupDueRow.Decode(RowOf(GroupDueRow.Encode(), due.Key)));
        foreach (var (encoded, decode) in new (Dictionary<string, RowValue>, Action<Row>)[]
        {
            (member.Encode(), row => GroupMemberRow.Decode(row)), (owner.Encode(), row => GroupOwnerRow.Decode(row)), (offset.Encode(), row => GroupOffsetRow.Decode(row)),
            (Draw(new Random(1), 9).Encode(), row => GroupHeadRow.Decode(row)), (GroupNameRow.Encode(), row => GroupNameRow.Decode(row)),
        })
        {
            encoded["Format"] = 2;
            Assert.Throws<InvalidDataException>(() => decode(RowOf(encoded)));
        }
    }

    private static GroupHeadRow Draw(Random random, int most)
    {
        var topics = Enumerable.Range(0, random.Next(5)).Select(topic => new GroupTopic(new TopicId(new Guid(topic + 1, 0, 0, new byte[8])), $"t{topic}", random.Next(1, most))).ToArray();
        var shares = Enumerable.Range(0, random.Next(6)).Select(member => new GroupShare(
            $"member {member} ä-{member}", random.Next(), [.. topics.SelectMany(topic => Enumerable.Range(0, topic.Partitions).Where(_ => random.Next(3) == 0).Select(partition => new TopicPartition(topic.Id, partition)))])).ToArray();
        return new GroupHeadRow((GroupHeadState)random.Next(3), random.NextInt64(long.MaxValue), random.Next(2) == 0 ? null : "range", topics, shares, random.Next());
    }

    private static Row RowOf(Dictionary<string, RowValue> properties, string key = "key") => new(new RowAddress("g", key), properties, default, default, default);
}

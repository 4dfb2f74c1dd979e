using FsCheck;
using FsCheck.Fluent;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Tests.Metadata;

/// <summary>Each row of metadata: what is written is what is read, and what this version does not know is refused.</summary>
public sealed class RowTests
{
    private static readonly DateTimeOffset s_time = DateTimeOffset.FromUnixTimeMilliseconds(1_769_904_000_123);

    [Fact]
    public void TopicRow_WhateverTheTopic_ReadsAsWritten() => Prop.ForAll(Topics().ToArbitrary(), row =>
        TopicRow.Decode(Stored(row.Encode())) == row).QuickCheckThrowOnFailure();

    [Fact]
    public void TopicRow_WhenAConfigIsUnknown_IsRefusedAndNamesTheRow()
    {
        var properties = new TopicRow(Topic(), TopicState.Active).Encode();
        properties["Configs"] = "linger.ms=1\nof.the.future=2";

        var error = Assert.Throws<InvalidDataException>(() => TopicRow.Decode(Stored(properties)));

        Assert.Contains("of.the.future", error.Message, StringComparison.Ordinal);
        Assert.Contains("rowkey", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("State", "sleeping")]
    [InlineData("TopicId", "not an id")]
    [InlineData("Configs", "linger.ms")]
    [InlineData("Configs", "linger.ms=1\nlinger.ms=1")]
    public void TopicRow_WhenAPropertyIsNotValid_IsRefusedAndNamesIt(string name, string value)
    {
        var properties = new TopicRow(Topic(), TopicState.Active).Encode();
        properties[name] = value;

        var error = Assert.Throws<InvalidDataException>(() => TopicRow.Decode(Stored(properties)));

        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("State", "closed")]
    [InlineData("Isr", "0,one")]
    [InlineData("Replicas", "99999999999")]
    [InlineData("BaseOffset", -1L)]
    [InlineData("LogStartOffset", -1L)]
    [InlineData("Segment", "")]
    public void PartitionHeadRow_WhenAPropertyIsNotValid_IsRefusedAndNamesIt(string name, object value) =>
        RefusesNaming(name, value, PartitionHeadRow.Unborn(PartitionState.Open).Encode(), PartitionHeadRow.Decode);

    [Theory]
    [InlineData("EndOffset", -1L)]
    [InlineData("Bytes", -1L)]
    [InlineData("FooterBytes", -1)]
    [InlineData("FooterBytes", "1")]
    public void ChainSegmentRow_WhenAPropertyIsNotValid_IsRefusedAndNamesIt(string name, object value) =>
        RefusesNaming(name, value, new ChainSegmentRow(new SegmentId(Guid.NewGuid()), 0, 1, 200, 0, 0, "blob").Encode(), ChainSegmentRow.Decode);

    [Theory]
    [InlineData("Spread", 1.0)]
    [InlineData("Spread", double.NaN)]
    [InlineData("Partitions", 0)]
    [InlineData("BatchBytes", 0)]
    [InlineData("ProducerId", -1L)]
    public void IdempotencyRow_WhenAPropertyIsNotValid_IsRefusedAndNamesIt(string name, object value) =>
        RefusesNaming(name, value, new IdempotencyRow("hash", 7, 3, 0.5, 1000, 12).Encode(), IdempotencyRow.Decode);

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Rows_WhenATimeIsNone_AreRefusedAndNameIt(long ms)
    {
        RefusesNaming("CreatedAt", ms, new TopicRow(Topic(), TopicState.Active).Encode(), TopicRow.Decode);
        RefusesNaming("DeletedAt", ms, new DeletedTopicRow(new TopicId(Guid.NewGuid()), "a", 7, s_time).Encode(), DeletedTopicRow.Decode);
    }

    [Fact]
    public void SmallRows_WhateverTheyHold_ReadAsWritten()
    {
        var deleted = new DeletedTopicRow(new TopicId(Guid.Parse("0f0e0d0c0b0a09080706050403020100")), "a", 7, s_time);
        Assert.Equal(deleted, DeletedTopicRow.Decode(Stored(deleted.Encode())));
        Assert.Equal(new TopicReferenceRow("a.b"), TopicReferenceRow.Decode(Stored(new TopicReferenceRow("a.b").Encode())));
        Assert.Equal(new ClusterIdentityRow("id"), ClusterIdentityRow.Decode(Stored(new ClusterIdentityRow("id").Encode())));
        Assert.Equal(new ProducerIdsRow(1L << 40), ProducerIdsRow.Decode(Stored(new ProducerIdsRow(1L << 40).Encode())));
        Assert.Throws<InvalidDataException>(() => ProducerIdsRow.Decode(Stored(new ProducerIdsRow(-1).Encode())));
        var defaults = new ClusterDefaultsRow(new TopicConfig(new Dictionary<string, string> { ["linger.ms"] = "1", ["retention.ms"] = "-1" }));
        Assert.Equal(defaults, ClusterDefaultsRow.Decode(Stored(defaults.Encode())));
        Assert.Equal("linger.ms=1\nretention.ms=-1", defaults.Encode()["Configs"].Value);
    }

    [Theory]
    [InlineData("linger.ms")]
    [InlineData("linger.ms=1\nlinger.ms=1")]
    public void ClusterDefaultsRow_WhenAPropertyIsNotValid_IsRefusedAndNamesIt(string value) =>
        RefusesNaming("Configs", value, new ClusterDefaultsRow(TopicConfig.Default).Encode(), ClusterDefaultsRow.Decode);

    [Fact]
    public void Rows_WhenOfALaterFormat_AreRefused()
    {
        Refuses(new TopicRow(Topic(), TopicState.Active).Encode(), TopicRow.Decode);
        Refuses(new TopicReferenceRow("a").Encode(), TopicReferenceRow.Decode);
        Refuses(new DeletedTopicRow(default, "a", 1, s_time).Encode(), DeletedTopicRow.Decode);
        Refuses(new ClusterIdentityRow("id").Encode(), ClusterIdentityRow.Decode);
        Refuses(new ProducerIdsRow(1).Encode(), ProducerIdsRow.Decode);
        Refuses(new ClusterDefaultsRow(TopicConfig.Default).Encode(), ClusterDefaultsRow.Decode);

        static void Refuses<T>(Dictionary<string, RowValue> properties, Func<Row, T> decode)
        {
            properties["Format"] = 2;
            var error = Assert.Throws<InvalidDataException>(() => { decode(Stored(properties)); });
            Assert.Contains("format 2", error.Message, StringComparison.Ordinal);
        }
    }

    private static Gen<TopicRow> Topics() =>
        from name in Gen.Elements("a", "__audit", "A.b-c_d", new string('x', 249))
        from id in ArbMap.Default.GeneratorFor<Guid>()
        from partitions in Gen.Choose(1, 1000)
        from created in Gen.Choose(0, int.MaxValue)
        from state in Gen.Elements(TopicState.Active, TopicState.Deleting)
        from names in Gen.SubListOf(TopicConfigDefinitions.All.Select(definition => definition.Name))
        let config = new TopicConfig(names.ToDictionary(config => config, config => TopicConfigDefinitions.Find(config)!.Default))
        select new TopicRow(new Topic(name, new TopicId(id), partitions, config, DateTimeOffset.FromUnixTimeMilliseconds(created * 1000L + 7)), state);

    private static Topic Topic() => new("a", new TopicId(Guid.Parse("0f0e0d0c0b0a09080706050403020100")), 3, TopicConfig.Default, s_time);

    private static Row Stored(Dictionary<string, RowValue> properties) => new(new RowAddress("partitionkey", "rowkey"), properties, new ETag("e"), s_time, s_time);

    private static void RefusesNaming<T>(string name, object value, Dictionary<string, RowValue> properties, Func<Row, T> decode)
    {
        decode(Stored(properties));
        properties[name] = RowValue.From(value);
        Assert.Contains(name, Assert.Throws<InvalidDataException>(() => { decode(Stored(properties)); }).Message, StringComparison.Ordinal);
    }
}

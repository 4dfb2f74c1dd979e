using System.Text;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public sealed class RecordBatchBuilderTests
{
    private static readonly ReadOnlyMemory<byte> Value = "value"u8.ToArray();

    [Fact]
    public void Build_WhenRecordsWereAdded_DescribesThemInTheHeader()
    {
        var builder = new RecordBatchBuilder();
        builder.Add(1_000, null, Value, []);
        builder.Add(1_200, null, Value, []);
        builder.Add(900, null, Value, []);

        var batch = builder.Build();

        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(batch.Span, out var header));
        Assert.Equal(batch.Length, header.SizeInBytes);
        Assert.Equal((0L, 2, 3), (header.BaseOffset, header.LastOffsetDelta, header.RecordCount));
        Assert.Equal((1_000L, 1_200L), (header.BaseTimestamp, header.MaxTimestamp));
        Assert.Equal((ProducerIdentity.None, -1, -1), (header.Producer, header.BaseSequence, header.LeaderEpoch));
        Assert.Equal((CompressionCodec.None, TimestampType.CreateTime, false, false), (header.Codec, header.TimestampType, header.IsTransactional, header.IsControl));
    }

    [Fact]
    public void Build_WhenFlagsAreSet_PutsThemIntoTheAttributes()
    {
        var builder = new RecordBatchBuilder(CompressionCodec.None, TimestampType.LogAppendTime) { IsControl = true, IsTransactional = true };
        builder.Add(5, null, Value, []);

        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(builder.Build().Span, out var header));

        Assert.Equal((TimestampType.LogAppendTime, true, true), (header.TimestampType, header.IsTransactional, header.IsControl));
    }

    [Fact]
    public void SizeInBytes_AfterEachAdd_IsTheSizeOfTheBatchBuiltThen()
    {
        for (var records = 1; records <= 200; records++)
        {
            var builder = new RecordBatchBuilder();
            for (var i = 0; i < records; i++)
                builder.Add(i * 1_000_000L, i % 3 == 0 ? null : Value, Value, [new RecordHeader("näme", null)]);
            var announced = builder.SizeInBytes;

            Assert.Equal(announced, builder.Build().Length);
        }
    }

    [Fact]
    public void SizeOf_ForTheWidestTimestampAndAnyPlace_IsNeverLessThanWhatTheRecordAdds()
    {
        var builder = new RecordBatchBuilder();
        builder.Add(0, null, null, []);
        RecordHeader[] headers = [new("a", Value), new("b", null)];
        for (var i = 0; i < 20_000; i++)
        {
            var before = builder.SizeInBytes;
            builder.Add(i % 2 == 0 ? long.MinValue : long.MaxValue, Value, null, headers);

            Assert.InRange(builder.SizeInBytes - before, 1, RecordBatchBuilder.SizeOf(Value, null, headers));
        }
    }

    [Fact]
    public void Build_WhenCalledForASecondBatch_LeavesTheFirstAlone()
    {
        var builder = new RecordBatchBuilder();
        builder.Add(1, null, "first"u8.ToArray(), []);
        var first = builder.Build();
        var kept = first.ToArray();

        Assert.Equal((0, RecordBatchHeader.Size), (builder.Count, builder.SizeInBytes));
        builder.Add(2, null, "other"u8.ToArray(), []);
        var second = builder.Build();

        Assert.Equal(kept, first.ToArray());
        Assert.Equal("other", Encoding.UTF8.GetString(Assert.Single(Batches.Read(second)).Value!.Value.Span));
    }

    [Fact]
    public void Build_WithoutARecord_Throws() => Assert.Throws<InvalidOperationException>(() => new RecordBatchBuilder().Build());

    [Fact]
    public void Add_WhenTheBatchWouldPassTheLimit_ThrowsAndKeepsTheBatchAsItWas()
    {
        var builder = new RecordBatchBuilder();
        builder.Add(1, null, Value, []);
        var size = builder.SizeInBytes;

        Assert.Throws<ArgumentException>(() => builder.Add(2, null, new byte[RecordBatchCheck.MaxSizeInBytes - size], []));

        Assert.Equal((1, size), (builder.Count, builder.SizeInBytes));
        Assert.Single(Batches.Read(builder.Build()));
    }

    [Fact]
    public void Add_WithMoreHeadersThanTheLimit_Throws()
    {
        var headers = new RecordHeader[RecordLimits.MaxHeaders + 1];
        Array.Fill(headers, new RecordHeader("k", null));
        var builder = new RecordBatchBuilder();

        Assert.Throws<ArgumentException>(() => builder.Add(1, null, null, headers));
        builder.Add(1, null, null, headers[1..]);

        Assert.Equal(RecordLimits.MaxHeaders, Assert.Single(Batches.Read(builder.Build())).Headers.Count);
    }

    [Theory]
    [InlineData((CompressionCodec)(-1))]
    [InlineData((CompressionCodec)5)]
    [InlineData((CompressionCodec)7)]
    public void Constructor_ForACodecThatThereIsNot_Throws(CompressionCodec codec) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecordBatchBuilder(codec));
}

using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

/// <summary>Records that lie about themselves inside a batch whose length and CRC are right.</summary>
public sealed class HostileRecordTests
{
    private const int MaxDecompressedBytes = 1 << 20;

    /// <summary>Bytes of one record: length, attributes, timestamp delta, offset delta, key length, value length, number of headers. A number n ≥ 0 is the byte 2n, −1 is 01.</summary>
    public static TheoryData<string, byte[]> Malformed => new()
    {
        { "the shortest sound record, then one byte more", [12, 0, 0, 0, 1, 1, 0, 0] },
        { "length beyond the batch", [14, 0, 0, 0, 1, 1, 0] },
        { "length shorter than the record", [10, 0, 0, 0, 1, 1, 0] },
        { "negative length", [1, 0, 0, 0, 1, 1, 0] },
        { "length 0", [0, 0, 0, 0, 1, 1, 0] },
        { "length of six bytes", [0x8C, 0x80, 0x80, 0x80, 0x80, 0x00, 0, 0, 0, 1, 1, 0] },
        { "length 2³¹ − 1", [0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0, 0, 1, 1, 0] },
        { "timestamp delta of eleven bytes", [32, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0, 1, 1, 0] },
        { "offset delta outside the batch", [12, 0, 0, 2, 1, 1, 0] },
        { "negative offset delta", [12, 0, 0, 1, 1, 1, 0] },
        { "key longer than the record", [14, 0, 0, 0, 8, 65, 1, 0] },
        { "key length 2³¹ − 1", [20, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 1, 0] },
        { "key length −2", [12, 0, 0, 0, 3, 1, 0] },
        { "value longer than the record", [12, 0, 0, 0, 1, 2, 0] },
        { "negative number of headers", [12, 0, 0, 0, 1, 1, 1] },
        { "more headers than bytes", [16, 0, 0, 0, 1, 1, 4, 0, 1] },
        { "2³¹ − 1 headers", [20, 0, 0, 0, 1, 1, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F] },
        { "header without a key", [16, 0, 0, 0, 1, 1, 2, 1, 1] },
        { "header key longer than the record", [16, 0, 0, 0, 1, 1, 2, 4, 1] },
        { "header value longer than the record", [16, 0, 0, 0, 1, 1, 2, 0, 2] },
        { "record that ends after its attributes", [2, 0, 0, 0, 1, 1, 0] },
    };

    [Fact]
    public void Reader_OfTheShortestRecord_ReadsIt()
    {
        var record = Assert.Single(Batches.Read(Mutations.Batch([12, 0, 0, 0, 1, 1, 0])));

        Assert.Equal((0L, 0L, false, false, 0), (record.Offset, record.Timestamp, record.Key.HasValue, record.Value.HasValue, record.Headers.Count));
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Reader_OfAMalformedRecord_RefusesItAndAllocatesNothingForIt(string what, byte[] record)
    {
        var batch = Mutations.Batch(record);

        var (defect, _, allocated) = MemoryBound.Measure(batch, MaxDecompressedBytes);

        Assert.True(defect == BatchDefect.Record, $"{what}: {defect}");
        Assert.InRange(allocated, 0, 1_000);
    }

    [Fact]
    public void Reader_WhenFewerRecordsStandThereThanCounted_GivesThemAndThenTheDefect()
    {
        var (defect, records) = Batches.TryRead(Mutations.Batch([12, 0, 0, 0, 1, 1, 0, 12, 0, 0, 2, 1, 1], recordCount: 1, lastOffsetDelta: 9));

        Assert.Equal((BatchDefect.Record, 1), (defect, records.Count));
    }

    [Fact]
    public void Reader_WhenARecordHidesAnotherInsideItsLength_RefusesIt()
    {
        var (defect, records) = Batches.TryRead(Mutations.Batch([26, 0, 0, 0, 1, 1, 0, 12, 0, 0, 2, 1, 1, 0], recordCount: 2));

        Assert.Equal((BatchDefect.Record, 0), (defect, records.Count));
    }

    [Fact]
    public void Reader_WhenOffsetsHaveGapsAsAfterCompaction_ReadsThem()
    {
        byte[] records = [12, 0, 0, 4, 1, 1, 0, 12, 0, 0, 10, 1, 1, 0];

        Assert.Equal([2L, 5L], Batches.Read(Mutations.Batch(records, recordCount: 2, lastOffsetDelta: 9)).Select(record => record.Offset));
    }

    [Fact]
    public void Reader_WhenABatchIsEmptyAsAfterCompaction_EndsAtOnceWithoutADefect() =>
        Assert.Empty(Batches.Read(Mutations.Batch([], recordCount: 0, lastOffsetDelta: 4)));

    [Theory]
    [InlineData(4, 4)]
    [InlineData(6, 4)]
    public void Reader_WhenOffsetsDoNotIncrease_RefusesTheSecond(byte first, byte second)
    {
        var (defect, records) = Batches.TryRead(Mutations.Batch([12, 0, 0, first, 1, 1, 0, 12, 0, 0, second, 1, 1, 0], recordCount: 2, lastOffsetDelta: 9));

        Assert.Equal((BatchDefect.Record, 1), (defect, records.Count));
    }

    [Fact]
    public void Reader_AfterADefect_StaysThere()
    {
        Assert.True(RecordBatchReader.TryOpen(Mutations.Batch([12, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], recordCount: 2), 0, out var reader, out _));

        Assert.True(reader.TryReadNext(out _));
        Assert.False(reader.TryReadNext(out _));
        Assert.False(reader.TryReadNext(out _));
        Assert.Equal(BatchDefect.Record, reader.Defect);
    }

    [Fact]
    public void Reader_OfAHeaderKeyThatIsNotUtf8_ReplacesWhatIsNot() =>
        Assert.Equal("\uFFFDa", Assert.Single(Assert.Single(Batches.Read(Mutations.Batch([20, 0, 0, 0, 1, 1, 2, 4, 0xFF, (byte)'a', 1]))).Headers).Key);

    [Fact]
    public void Reader_OfTheDensestHeaders_StaysWithinItsMemoryBound()
    {
        foreach (var key in new[] { "", "k" })
        {
            var headers = new RecordHeader[RecordLimits.MaxHeaders];
            Array.Fill(headers, new RecordHeader(key, null));
            var builder = new RecordBatchBuilder();
            for (var i = 0; i < 5; i++)
                builder.Add(0, null, null, headers);
            var batch = builder.Build();

            var (defect, records, allocated) = MemoryBound.Measure(batch, 0);

            Assert.Equal((BatchDefect.None, 5), (defect, records));
            Assert.InRange(allocated, 0, MemoryBound.For(batch.Span, 0));
        }
    }

    [Fact]
    public void Reader_OfMoreHeadersThanTheLimit_RefusesThemBeforeItMakesRoom()
    {
        // 10,001 headers of two bytes each; their number as a varint is A2 9C 01.
        byte[] body = [0, 0, 0, 1, 1, 0xA2, 0x9C, 0x01, .. Enumerable.Repeat<byte[]>([0, 1], 10_001).SelectMany(header => header)];
        var length = new byte[Varint.MaxSize32];
        var batch = Mutations.Batch([.. length[..Varint.Write(length, body.Length)], .. body]);

        var (defect, _, allocated) = MemoryBound.Measure(batch, 0);

        Assert.Equal(BatchDefect.Record, defect);
        Assert.InRange(allocated, 0, 1_000);
    }
}

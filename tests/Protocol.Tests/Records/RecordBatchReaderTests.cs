using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public sealed class RecordBatchReaderTests
{
    [Fact]
    public void TryReadNext_ForEachRecordOfABatch_GivesWhatWasAdded()
    {
        RecordHeader[] headers = [new("schlüssel", "1"u8.ToArray()), new("schlüssel", null), new("", ReadOnlyMemory<byte>.Empty)];
        Record[] expected =
        [
            new(70, 1_000, "key"u8.ToArray(), "value"u8.ToArray(), headers),
            new(71, 900, null, "value"u8.ToArray(), []),
            new(72, 2_000, "key"u8.ToArray(), null, []),
            new(73, 2_000, ReadOnlyMemory<byte>.Empty, ReadOnlyMemory<byte>.Empty, []),
        ];
        var builder = new RecordBatchBuilder();
        foreach (var record in expected)
            builder.Add(record.Timestamp, record.Key, record.Value, record.Headers);
        var batch = builder.Build();
        RecordBatchPatch.Place(batch.Span, 70, 4);

        Assert.True(Batches.Same(expected, Batches.Read(batch)));
    }

    [Fact]
    public void TryReadNext_ForAnUncompressedBatch_GivesSlicesOfIt()
    {
        var builder = new RecordBatchBuilder();
        builder.Add(1, null, "abc"u8.ToArray(), []);
        var batch = builder.Build();

        var value = Assert.Single(Batches.Read(batch)).Value!.Value;

        Assert.True(value.Span.Overlaps(batch.Span));
    }

    [Fact]
    public void TryReadNext_AfterAppendTimeWasSet_GivesEveryRecordThatTimestamp()
    {
        var builder = new RecordBatchBuilder();
        builder.Add(1, null, null, []);
        builder.Add(2, null, null, []);
        var batch = builder.Build();
        RecordBatchPatch.SetAppendTime(batch.Span, 77);
        RecordBatchPatch.SealCrc(batch.Span);

        Assert.Equal([77L, 77L], Batches.Read(batch).Select(record => record.Timestamp));
    }

    [Fact]
    public void TryOpen_WhenMoreBytesFollowTheBatch_ReadsTheFirstOnly()
    {
        var builder = new RecordBatchBuilder();
        builder.Add(1, null, "first"u8.ToArray(), []);
        var first = builder.Build();

        Assert.Single(Batches.Read(new Memory<byte>([.. first.Span, .. first.Span, 1, 2, 3])));
    }
}

using System.Text;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public class RecordBatchFilterTests
{
    private const long Time = 1_700_000_000_000;
    private const long Horizon = Time + 86_400_000;

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    public void Filter_WhenRecordsGo_KeepsTheOthersAndAllThatTheBatchSaysOfItself(CompressionCodec codec)
    {
        var batch = Batch(codec, TimestampType.CreateTime, ("a", "1"), ("b", "2"), ("c", new string('x', 500)), ("d", "4"));

        Assert.Equal(BatchChange.Rebuilt, Filter(batch, [1, 2], Horizon, out var filtered));

        RecordBatchHeader.TryRead(batch.Span, out var before);
        RecordBatchHeader.TryRead(filtered.Span, out var after);
        Assert.Equal(2, after.RecordCount);
        Assert.Equal(Time + 2, after.MaxTimestamp);
        Assert.Equal(before with { RecordCount = 2, MaxTimestamp = Time + 2, SizeInBytes = after.SizeInBytes, Crc = after.Crc }, after);
        Assert.Equal(filtered.Length, after.SizeInBytes);
        Assert.Equal([101L, 102L], Batches.Read(filtered).Select(record => record.Offset));
        Assert.Equal(104, after.NextOffset);
    }

    [Fact]
    public void Filter_WhenAllStay_AnswersTheBatchItself()
    {
        var batch = Batch(CompressionCodec.None, TimestampType.CreateTime, ("a", "1"), ("b", ""));

        Assert.Equal(BatchChange.None, Filter(batch, [0, 1], Horizon, out var filtered));
        Assert.Equal(batch, filtered);
    }

    [Fact]
    public void Filter_WhenNoneStays_LeavesNoBatch()
    {
        Assert.Equal(BatchChange.Emptied, Filter(Batch(CompressionCodec.Gzip, TimestampType.CreateTime, ("a", "1")), [], Horizon, out var filtered));
        Assert.True(filtered.IsEmpty);
    }

    [Theory]
    [InlineData(TimestampType.CreateTime)]
    [InlineData(TimestampType.LogAppendTime)]
    public void Filter_WhenATombstoneStays_SetsTheHorizonOnceAndEveryTimestampReadsAsBefore(TimestampType type)
    {
        var batch = Batch(CompressionCodec.None, type, ("a", null), ("b", "2"));
        var before = Batches.Read(batch);

        Assert.Equal(BatchChange.Rebuilt, Filter(batch, [0, 1], Horizon, out var first));
        RecordBatchHeader.TryRead(first.Span, out var header);
        Assert.Equal(Horizon, header.DeleteHorizon);
        Assert.True(Batches.Same(before, Batches.Read(first)));

        Assert.Equal(BatchChange.None, Filter(first, [0, 1], Horizon + 5, out _));
        Assert.Equal(BatchChange.None, Filter(first, [0, 1], null, out _));
        Assert.Equal(BatchChange.None, Filter(batch, [0, 1], null, out _));
    }

    [Fact]
    public void Filter_WhenTheLastTombstoneGoes_TakesTheHorizonAway()
    {
        Filter(Batch(CompressionCodec.None, TimestampType.CreateTime, ("a", null), ("b", "2")), [0, 1], Horizon, out var marked);

        Assert.Equal(BatchChange.Rebuilt, Filter(marked, [1], Horizon, out var filtered));

        RecordBatchHeader.TryRead(filtered.Span, out var header);
        Assert.Null(header.DeleteHorizon);
        Assert.Equal(Time + 1, header.BaseTimestamp);
        Assert.Equal(Time + 1, Batches.Read(filtered).Single().Timestamp);
    }

    [Fact]
    public void Filter_OfAControlBatch_LeavesItAlone()
    {
        var builder = new RecordBatchBuilder { IsControl = true };
        builder.Add(Time, new byte[4], null, []);

        Assert.Equal(BatchChange.None, Filter(builder.Build(), [], Horizon, out _));
    }

    [Fact]
    public void Filter_OfABatchThatCannotBeRead_LeavesItAndAsksNothingOfIt()
    {
        var batch = Batch(CompressionCodec.Gzip, TimestampType.CreateTime, ("a", new string('x', 5000)), ("b", "2"));

        Assert.Equal(BatchChange.Unreadable, RecordBatchFilter.Filter(batch, (in RecordOutline _) => false, Horizon, 1000, out var filtered));
        Assert.Equal(batch, filtered);
        var damaged = batch.ToArray();
        damaged[^1] ^= 1;
        Assert.Equal(BatchChange.Unreadable, RecordBatchFilter.Filter(damaged, (in RecordOutline _) => false, Horizon, 100_000, out _));
    }

    /// <summary>Any batch, any choice, twice over: what is left is what a list with the others taken out holds.</summary>
    [Fact]
    public void Filter_OfAnyBatch_IsTheListOfItsRecordsWithoutThoseThatGo()
    {
        for (var seed = 0; seed < 600; seed++)
        {
            var random = new RandomBatches(seed);
            var (built, expected) = random.Next(40);
            RecordBatchHeader.TryRead(built.Span, out var original);
            if (original.IsControl)
                continue;
            ReadOnlyMemory<byte> batch = built;
            long? horizon = null;
            for (var round = 0; round < 3; round++)
            {
                var kept = expected.Where(_ => random.Random.Next(4) != 0).ToList();
                var next = random.Random.Next(2) == 0 ? default(long?) : random.NextInt64();
                var change = Filter(batch, kept.ConvertAll(record => (int)(record.Offset - original.BaseOffset)), next, out var filtered);

                var wanted = kept.Exists(record => record.Key is not null && record.Value is null) ? horizon ?? next : null;
                Assert.Equal(kept.Count == 0 ? BatchChange.Emptied : kept.Count == expected.Count && wanted == horizon ? BatchChange.None : BatchChange.Rebuilt, change);
                if (kept.Count == 0)
                    break;
                Assert.True(Batches.Same(kept, Batches.Read(filtered)), $"Seed {seed}, round {round}");
                RecordBatchHeader.TryRead(filtered.Span, out var header);
                Assert.Equal(wanted, header.DeleteHorizon);
                Assert.Equal((original.BaseOffset, original.LastOffsetDelta, original.Identity, original.LeaderEpoch), (header.BaseOffset, header.LastOffsetDelta, header.Identity, header.LeaderEpoch));
                Assert.Equal((original.TimestampType, original.IsTransactional), (header.TimestampType, header.IsTransactional));
                Assert.True(header.Codec == original.Codec || header.Codec == CompressionCodec.None);
                Assert.Equal(change == BatchChange.None ? header.MaxTimestamp : kept.Max(record => record.Timestamp), header.MaxTimestamp);
                (batch, expected, horizon) = (filtered, kept, wanted);
            }
        }
    }

    /// <summary>Whatever bytes stand in a batch, the outline takes what the reader takes and refuses what it refuses.</summary>
    [Fact]
    public void Outline_OfAnyDamagedBatch_AgreesWithTheReader()
    {
        for (var seed = 0; seed < 4000; seed++)
        {
            var random = new RandomBatches(seed);
            var batch = random.Next(12).Batch;
            for (var i = random.Random.Next(4); i > 0; i--)
                batch.Span[random.Random.Next(RecordBatchHeader.AttributesAt, batch.Length)] ^= (byte)(1 << random.Random.Next(8));
            RecordBatchPatch.SealCrc(batch.Span);

            var (defect, records) = Batches.TryRead(batch);
            var outlines = new List<(long, long, string?, bool)>();
            if (RecordOutlineReader.TryOpen(batch, Batches.MaxDecompressedBytes, out var reader, out var found))
            {
                while (reader.TryReadNext(out var outline))
                    outlines.Add((outline.Offset, outline.Timestamp, outline.HasKey ? Convert.ToHexString(outline.Key) : null, outline.HasValue));
                found = reader.Defect;
            }

            Assert.Equal(defect, found);
            Assert.Equal(records.Select(record => (record.Offset, record.Timestamp, record.Key is { } key ? Convert.ToHexString(key.Span) : null, record.Value is not null)), outlines);
        }
    }

    private static BatchChange Filter(ReadOnlyMemory<byte> batch, IReadOnlyCollection<int> kept, long? horizon, out ReadOnlyMemory<byte> filtered)
    {
        RecordBatchHeader.TryRead(batch.Span, out var header);
        var before = batch.ToArray();
        var change = RecordBatchFilter.Filter(batch, (in RecordOutline record) => kept.Contains((int)(record.Offset - header.BaseOffset)), horizon, Batches.MaxDecompressedBytes, out filtered);
        Assert.Equal(before, batch.ToArray());
        return change;
    }

    /// <summary>At offset 100, each record a millisecond after the one before.</summary>
    private static Memory<byte> Batch(CompressionCodec codec, TimestampType type, params (string Key, string? Value)[] records)
    {
        var builder = new RecordBatchBuilder(codec, type);
        foreach (var (i, (key, value)) in records.Index())
            builder.Add(Time + i, Encoding.UTF8.GetBytes(key), value is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(value), [new RecordHeader("h", new byte[i])]);
        var batch = builder.Build();
        RecordBatchPatch.SetIdentity(batch.Span, new BatchIdentity(new ProducerIdentity(7, 3), 42));
        RecordBatchPatch.SealCrc(batch.Span);
        RecordBatchPatch.Place(batch.Span, 100, 9);
        return batch;
    }
}

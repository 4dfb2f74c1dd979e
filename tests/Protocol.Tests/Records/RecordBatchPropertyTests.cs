using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

/// <summary>What holds for every batch, on batches drawn from fixed seeds.</summary>
public sealed class RecordBatchPropertyTests
{
    [Fact]
    public void Reader_OfAnyBatchThatWasBuilt_GivesTheRecordsThatWereAdded()
    {
        var random = new RandomBatches(seed: 1);
        for (var i = 0; i < 600; i++)
        {
            var (batch, expected) = random.Next(maxRecords: 40);

            Assert.True(Batches.Same(expected, Batches.Read(batch)), $"Batch {i} of seed 1 reads as other records.");
        }
    }

    [Fact]
    public void Builder_WithAnyCodec_NeverMakesABatchLargerThanItAnnounced()
    {
        var random = new RandomBatches(seed: 2);
        for (var i = 0; i < 500; i++)
        {
            var builder = new RecordBatchBuilder(random.NextCodec());
            long bound = RecordBatchHeader.Size;
            foreach (var record in random.NextRecords(max: 30))
            {
                builder.Add(record.Timestamp, record.Key, record.Value, record.Headers);
                bound += RecordBatchBuilder.SizeOf(record.Key, record.Value, record.Headers);
            }

            var announced = builder.SizeInBytes;

            Assert.InRange(announced, RecordBatchHeader.Size, bound);
            Assert.InRange(builder.Build().Length, RecordBatchHeader.Size, announced);
        }
    }

    [Fact]
    public void Header_OfAnyBatch_WrittenAgainIsTheSameBytes()
    {
        var random = new RandomBatches(seed: 3);
        for (var i = 0; i < 500; i++)
        {
            var (batch, _) = random.Next(maxRecords: 5);
            Assert.True(RecordBatchHeader.TryRead(batch.Span, out var header));
            var again = new byte[RecordBatchHeader.Size];

            header.Write(again);

            Assert.Equal(batch[..RecordBatchHeader.Size].ToArray(), again);
        }
    }

    [Fact]
    public void SetAppendTime_OnAnyBatch_ChangesTheTimestampsAndNothingElse()
    {
        var random = new RandomBatches(seed: 4);
        for (var i = 0; i < 500; i++)
        {
            var (batch, records) = random.Next(maxRecords: 5);

            RecordBatchPatch.SetAppendTime(batch.Span, 1_800_000_000_000);
            Assert.Equal(BatchDefect.Crc, RecordBatchCheck.Check(batch.Span, out _));
            RecordBatchPatch.SealCrc(batch.Span);

            Assert.True(Batches.Same(records.ConvertAll(record => record with { Timestamp = 1_800_000_000_000 }), Batches.Read(batch)));
        }
    }
}

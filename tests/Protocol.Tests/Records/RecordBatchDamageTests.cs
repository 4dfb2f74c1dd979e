using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

/// <summary>What a damaged, cut or invented batch may cause: a refusal, in bounded memory.</summary>
public sealed class RecordBatchDamageTests
{
    private const int MutatedInputs = 100_000;

    public static TheoryData<CompressionCodec> Codecs => [.. Enum.GetValues<CompressionCodec>()];

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Reader_OfABatchWithAnyOneBitChanged_RefusesItOrGivesTheSameRecordsElsewhereInTheLog(CompressionCodec codec)
    {
        var (batch, records) = Sample(codec);
        for (var bit = 0; bit < batch.Length * 8; bit++)
        {
            var damaged = batch.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));

            var (defect, read) = Batches.TryRead(damaged);

            var isOutsideTheCrc = bit / 8 is < RecordBatchHeader.LengthAt or (>= RecordBatchHeader.LeaderEpochAt and < RecordBatchHeader.MagicAt);
            if (defect == BatchDefect.None)
                Assert.True(isOutsideTheCrc && Batches.Same(records, read.ConvertAll(record => record with { Offset = record.Offset - read[0].Offset })), $"Bit {bit} was changed unnoticed.");
            else
                Assert.True(read.Count == 0 && (!isOutsideTheCrc || defect == BatchDefect.Offset), $"Bit {bit}: {defect}, {read.Count} records.");
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Reader_OfABatchThatEndsEarly_RefusesItAsTruncated(CompressionCodec codec)
    {
        var (batch, _) = Sample(codec);
        for (var length = 0; length < batch.Length; length++)
        {
            var (defect, read) = Batches.TryRead(batch[..length]);

            Assert.Equal((BatchDefect.Truncated, 0), (defect, read.Count));
        }
    }

    /// <summary>Here the cut is made by the sender: length and CRC are right for what is left.</summary>
    [Theory]
    [MemberData(nameof(Codecs))]
    public void Reader_OfABatchWhoseRecordsWereCutBeforeItWasSealed_FindsTheDefectAndGivesOnlyWhatWasWhole(CompressionCodec codec)
    {
        var (batch, records) = Sample(codec);
        for (var length = RecordBatchHeader.Size; length < batch.Length; length++)
        {
            var (defect, read) = Batches.TryRead(Mutations.Reseal(batch[..length].ToArray()));

            // What ends a gzip stream (end of block, checksum, size) may be missing: its records are all there.
            Assert.True(defect != BatchDefect.None || (codec == CompressionCodec.Gzip && read.Count == records.Count && length > batch.Length - 12), $"Cut at {length} unnoticed.");
            Assert.True(Batches.Same(records[..read.Count], read));
        }
    }

    [Fact]
    public void Reader_OfAnyMutatedBatch_NeitherThrowsNorAllocatesBeyondItsBound()
    {
        const int maxDecompressedBytes = 64 * 1024;
        var random = new RandomBatches(seed: 5);
        var sources = Enumerable.Range(0, 300).Select(_ => random.Next(maxRecords: 8).Batch.ToArray()).Where(batch => batch.Length < 3_000).ToArray();
        var defects = new Dictionary<BatchDefect, int>();
        for (var i = 0; i < MutatedInputs; i++)
        {
            var input = Mutations.Apply(random.Random, sources[random.Random.Next(sources.Length)]);
            if (random.Random.Next(8) != 0)
                input = Mutations.Reseal(input);

            var (defect, _, allocated) = MemoryBound.Measure(input, maxDecompressedBytes);

            Assert.True(allocated <= MemoryBound.For(input, maxDecompressedBytes), $"Input {i} of seed 5, {input.Length} bytes, took {allocated} bytes.");
            defects[defect] = defects.GetValueOrDefault(defect) + 1;
        }

        // The mutations reach every check there is.
        Assert.Equal(Enum.GetValues<BatchDefect>().Except([BatchDefect.DecompressedSize]), defects.Keys.Order().Except([BatchDefect.DecompressedSize]));
    }

    private static (Memory<byte> Batch, List<Record> Records) Sample(CompressionCodec codec)
    {
        List<Record> records =
        [
            new(0, 1_000, "key"u8.ToArray(), new byte[90], [new RecordHeader("h", "1"u8.ToArray()), new RecordHeader("h", null)]),
            new(1, 1_001, null, "a rather long value that says the same, the same, the same, the same again"u8.ToArray(), []),
            new(2, 999, ReadOnlyMemory<byte>.Empty, null, []),
        ];
        var batch = RandomBatches.Build(records, codec);
        RecordBatchHeader.TryRead(batch.Span, out var header);
        Assert.Equal(codec, header.Codec);
        return (batch, records);
    }
}

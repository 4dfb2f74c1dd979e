using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public sealed class RecordBatchRecompressionTests
{
    [Fact]
    public void Change_OfAnyBatchToAnyCodec_KeepsItsRecordsAndAllOfItsHeaderButSizeCodecAndCrc()
    {
        var random = new RandomBatches(seed: 21);
        for (var i = 0; i < 500; i++)
        {
            var (batch, records) = random.Next(maxRecords: 12);
            RecordBatchHeader.TryRead(batch.Span, out var before);
            var original = batch.ToArray();
            foreach (var codec in Enum.GetValues<CompressionCodec>())
            {
                Assert.Equal(BatchDefect.None, RecordBatchRecompression.Change(batch, codec, Batches.MaxDecompressedBytes, out var changed));

                Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(changed.Span, out var after));
                Assert.Equal(Comparable(before), Comparable(after));
                Assert.Equal(changed.Length, after.SizeInBytes);
                Assert.True(after.Codec == codec || after.Codec == CompressionCodec.None);
                Assert.True(Batches.Same(records, Batches.Read(changed)));
                Assert.Equal(original, batch.ToArray());
            }
        }

        static RecordBatchHeader Comparable(in RecordBatchHeader header) => header with { SizeInBytes = 0, Crc = 0, Attributes = (short)(header.Attributes & ~7) };
    }

    [Fact]
    public void Change_ToTheCodecThatABatchHas_IsTheBatchItself()
    {
        foreach (var codec in Enum.GetValues<CompressionCodec>())
        {
            var batch = RandomBatches.Build([new Record(0, 1, null, new byte[500], [])], codec);

            Assert.Equal(BatchDefect.None, RecordBatchRecompression.Change(batch, codec, Batches.MaxDecompressedBytes, out var changed));

            Assert.True(batch.Equals(changed));
        }
    }

    [Fact]
    public void Change_OfWhatTheCodecDoesNotMakeSmaller_LeavesOrMakesItUncompressed()
    {
        var noise = new byte[1_000];
        new Random(3).NextBytes(noise);
        var plain = RandomBatches.Build([new Record(0, 1, null, noise, [])], CompressionCodec.None);

        Assert.Equal(BatchDefect.None, RecordBatchRecompression.Change(plain, CompressionCodec.Zstd, Batches.MaxDecompressedBytes, out var changed));
        Assert.True(plain.Equals(changed));

        // Text of few letters, which Zstandard makes smaller and LZ4 does not.
        for (var i = 0; i < noise.Length; i++)
            noise[i] = (byte)('a' + (noise[i] % 16));
        var text = RandomBatches.Build([new Record(0, 1, null, noise, [])], CompressionCodec.Zstd);
        RecordBatchHeader.TryRead(text.Span, out var header);
        Assert.Equal(CompressionCodec.Zstd, header.Codec);
        Assert.Equal(BatchDefect.None, RecordBatchRecompression.Change(text, CompressionCodec.Lz4, Batches.MaxDecompressedBytes, out changed));
        Assert.Equal(RandomBatches.Build([new Record(0, 1, null, noise, [])], CompressionCodec.None).ToArray(), changed.ToArray());
    }

    [Fact]
    public void Change_OfMoreThanIsAllowed_SaysSo()
    {
        var batch = RandomBatches.Build([new Record(0, 1, null, new byte[5_000], [])], CompressionCodec.Zstd);

        Assert.Equal(BatchDefect.DecompressedSize, RecordBatchRecompression.Change(batch, CompressionCodec.None, 5_000, out _));
        Assert.Equal(BatchDefect.None, RecordBatchRecompression.Change(batch, CompressionCodec.None, 5_100, out _));
    }
}

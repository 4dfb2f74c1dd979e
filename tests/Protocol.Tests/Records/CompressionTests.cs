using System.Buffers.Binary;
using System.IO.Compression;
using IronSnappy;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public sealed class CompressionTests
{
    private const int Max = 64 * 1024;

    /// <summary>A record of seven bytes, 1,000 times; offsets do not matter to what is tested here.</summary>
    private static readonly byte[] Plain = [.. Enumerable.Repeat<byte[]>([12, 0, 0, 0, 1, 1, 0], 1_000).SelectMany(record => record)];

    private static readonly CompressionCodec[] All = [CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4, CompressionCodec.Zstd];

    public static TheoryData<CompressionCodec> Codecs => [.. All];

    [Theory]
    [MemberData(nameof(Codecs))]
    public void TryDecompress_OfWhatTryCompressMade_GivesTheSameBytes(CompressionCodec codec)
    {
        var random = new Random(6);
        foreach (var size in new[] { 1_000, 32 * 1024, (32 * 1024) + 1, 100_000, 1_000_000 })
        {
            var records = new byte[size];
            for (var i = 0; i < size; i++)
                records[i] = (byte)(random.Next(30) == 0 ? random.Next(256) : i % 50);

            Assert.True(Compression.TryCompress(codec, records, 61, out var compressed));

            Assert.InRange(compressed.Length, 62, size + 60);
            Assert.Equal(BatchDefect.None, Compression.TryDecompress(codec, compressed[61..], size, out var again));
            Assert.True(again.Span.SequenceEqual(records));
            Assert.Equal(BatchDefect.DecompressedSize, Compression.TryDecompress(codec, compressed[61..], size - 1, out _));
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Builder_WhenCompressionDoesNotHelp_LeavesTheBatchUncompressed(CompressionCodec codec)
    {
        var noise = new byte[1_000];
        new Random(7).NextBytes(noise);
        foreach (var value in new[] { noise, noise[..5] })
        {
            var builder = new RecordBatchBuilder(codec);
            builder.Add(1, null, value, []);
            var announced = builder.SizeInBytes;

            var batch = builder.Build();

            Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(batch.Span, out var header));
            Assert.Equal((CompressionCodec.None, announced), (header.Codec, batch.Length));
        }
    }

    /// <summary>Whatever its length, and where it is too short or too random to become smaller, it says so.</summary>
    [Theory]
    [MemberData(nameof(Codecs))]
    public void TryCompress_OfAnyLength_MakesItSmallerAndReadableOrSaysThatItDoesNot(CompressionCodec codec)
    {
        var random = new Random(11);
        foreach (var size in Enumerable.Range(0, 300).Append((64 * 1024) + 1).Append((128 * 1024) + 1))
        {
            foreach (var values in new[] { 1, 2, 256 })
            {
                var records = new byte[size];
                for (var i = 0; i < size; i++)
                    records[i] = (byte)random.Next(values);

                if (!Compression.TryCompress(codec, records, 61, out var compressed))
                {
                    Assert.True(size < 64 || values > 1, $"{size} bytes of {values} values were not compressed.");
                    continue;
                }

                Assert.InRange(compressed.Length, 62, 60 + size);
                Assert.Equal(BatchDefect.None, Compression.TryDecompress(codec, compressed[61..], size, out var again));
                Assert.True(again.Span.SequenceEqual(records));
            }
        }
    }

    [Fact]
    public void Reader_OfACodecThatThereIsNot_SaysSo()
    {
        Assert.False(Compression.IsSupported((CompressionCodec)5));
        Assert.Equal(BatchDefect.UnsupportedCodec, Batches.TryRead(Mutations.Batch(Plain, 1_000, codec: (CompressionCodec)5)).Defect);
    }

    [Fact]
    public void Reader_OfAGzipBomb_StopsAtTheAllowedSize()
    {
        var bomb = Gzip(new byte[50_000_000]);
        Assert.InRange(bomb.Length, 1, 60_000);

        var (defect, _, allocated) = MemoryBound.Measure(Mutations.Batch(bomb, codec: CompressionCodec.Gzip), Max);

        Assert.Equal(BatchDefect.DecompressedSize, defect);
        Assert.InRange(allocated, 0, (3 * Max) + MemoryBound.Fixed);
    }

    [Fact]
    public void Reader_OfAGzipStreamThatClaimsMuch_AllocatesByWhatComes()
    {
        var stream = Gzip([12, 0, 0, 0, 1, 1, 0]);
        BinaryPrimitives.WriteUInt32LittleEndian(stream.AsSpan(stream.Length - 4), uint.MaxValue);

        var (defect, _, allocated) = MemoryBound.Measure(Mutations.Batch(stream, codec: CompressionCodec.Gzip), 1 << 30);

        Assert.Equal(BatchDefect.Compression, defect);
        Assert.InRange(allocated, 0, MemoryBound.Fixed);
    }

    [Fact]
    public void Reader_OfSeveralGzipMembers_ReadsThemAsOneStream()
    {
        byte[] members = [.. Gzip([12, 0, 0, 0, 1, 1, 0]), .. Gzip([12, 0, 0, 2, 1, 1, 0])];

        Assert.Equal(2, Batches.Read(Mutations.Batch(members, 2, codec: CompressionCodec.Gzip)).Count);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0x1F })]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3 })]
    [InlineData(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })]
    public void Reader_OfBytesThatAreNoGzipStream_RefusesThem(byte[] payload) =>
        Assert.NotEqual(BatchDefect.None, Batches.TryRead(Mutations.Batch(payload, codec: CompressionCodec.Gzip)).Defect);

    [Fact]
    public void Reader_WhenMoreRecordsAreCountedThanCanBeInside_RefusesBeforeTheFirst() =>
        Assert.Equal(BatchDefect.RecordCount, Batches.TryRead(Mutations.Batch(Gzip(Plain), 1_001, codec: CompressionCodec.Gzip)).Defect);

    [Theory]
    [InlineData("empty", new byte[0], BatchDefect.Compression)]
    [InlineData("claims 2³¹ − 1 bytes", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0, 65 }, BatchDefect.Compression)]
    [InlineData("claims 2³² − 1 bytes", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0, 65 }, BatchDefect.Compression)]
    [InlineData("claims more than 32 bits", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0, 65 }, BatchDefect.Compression)]
    [InlineData("claims more than there is", new byte[] { 8, 0, 65 }, BatchDefect.Compression)]
    [InlineData("claims less than there is", new byte[] { 1, 4, 65, 66 }, BatchDefect.Compression)]
    [InlineData("copies from before the beginning", new byte[] { 8, 0, 65, 0x01, 9 }, BatchDefect.Compression)]
    [InlineData("literal that ends early", new byte[] { 4, 12, 65 }, BatchDefect.Compression)]
    [InlineData("literal whose length ends early", new byte[] { 4, 0xF4, 1 }, BatchDefect.Compression)]
    public void Reader_OfABadRawSnappyBlock_RefusesItWithoutBelievingIt(string what, byte[] block, BatchDefect expected)
    {
        foreach (var payload in new[] { block, Xerial(block) })
        {
            var (defect, _, allocated) = MemoryBound.Measure(Mutations.Batch(payload, codec: CompressionCodec.Snappy), int.MaxValue);

            Assert.True(defect == expected, $"{what}: {defect}");
            Assert.InRange(allocated, 0, MemoryBound.Fixed);
        }
    }

    /// <summary>Each kind of element: literals with lengths in the tag, in 1, 2, 3 and 4 bytes; copies with offsets of 11, 16 and 32 bits, one overlapping itself.</summary>
    [Fact]
    public void TryDecompress_OfEachElementOfARawSnappyBlock_Understands()
    {
        byte[] block =
        [
            20, 0x08, 1, 2, 3, 0xF0, 0, 4, 0xF4, 0, 0, 5, 0xF8, 0, 0, 0, 6, 0xFC, 0, 0, 0, 0, 7,
            0x01, 7, 0x0A, 4, 0, 0x03, 1, 0, 0, 0, 0x05, 3,
        ];
        byte[] expected = [1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 1, 2, 3, 3, 2, 3, 3, 2, 3];

        Assert.Equal(BatchDefect.None, Compression.TryDecompress(CompressionCodec.Snappy, block, Max, out var records));

        Assert.Equal(expected, records.ToArray());
    }

    [Fact]
    public void Reader_OfManySnappyBlocksThatTogetherAreTooLarge_RefusesThemBeforeTheFirst()
    {
        var block = Snappy.Encode(new byte[32 * 1024]);

        var (defect, _, allocated) = MemoryBound.Measure(Mutations.Batch(Xerial(block, block, block), codec: CompressionCodec.Snappy), Max);

        Assert.Equal(BatchDefect.DecompressedSize, defect);
        Assert.InRange(allocated, 0, 1_000);
    }

    [Fact]
    public void Reader_OfDamagedXerialFraming_RefusesIt()
    {
        var sound = Xerial(Snappy.Encode([12, 0, 0, 0, 1, 1, 0]));
        Assert.Single(Batches.Read(Mutations.Batch(sound, codec: CompressionCodec.Snappy)));
        byte[][] damaged =
        [
            sound[..8], sound[..15], sound[..18], sound[..^1], [.. sound, 0], [.. sound, 0, 0, 0, 0], With(sound, 11, 0), With(sound, 15, 2), With(sound, 12, 0x80), With(sound, 16, 0xFF), With(sound, 19, 200),
        ];

        foreach (var payload in damaged)
            Assert.Equal(BatchDefect.Compression, Batches.TryRead(Mutations.Batch(payload, codec: CompressionCodec.Snappy)).Defect);
    }

    /// <summary>The outside code that meets hostile bytes: what it throws must be what is caught.</summary>
    [Fact]
    public void TryDecompress_OfAnyMutatedStream_NeverThrows()
    {
        var random = new Random(8);
        var text = new byte[600];
        for (var i = 0; i < text.Length; i++)
            text[i] = (byte)random.Next(3);
        var refused = 0;
        var tried = 0;
        foreach (var codec in All)
        {
            Assert.True(Compression.TryCompress(codec, text, 0, out var compressed));
            for (var i = 0; i < 15_000; i++)
                refused += Compression.TryDecompress(codec, Mutations.Apply(random, compressed.ToArray()), Max, out _) == BatchDefect.None ? 0 : 1;
            tried += 30_000;
            var raw = Snappy.Encode(text);
            for (var i = 0; i < 15_000; i++)
                refused += Compression.TryDecompress(CompressionCodec.Snappy, Mutations.Apply(random, raw), Max, out _) == BatchDefect.None ? 0 : 1;
        }

        Assert.InRange(refused, tried / 3, tried);
    }

    private static byte[] Gzip(byte[] content)
    {
        var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Optimal))
            gzip.Write(content);
        return target.ToArray();
    }

    private static byte[] Xerial(params byte[][] blocks)
    {
        var stream = new List<byte> { 0x82 };
        stream.AddRange("SNAPPY\0\0\0\0\u0001\0\0\0\u0001"u8);
        foreach (var block in blocks)
        {
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, block.Length);
            stream.AddRange(length);
            stream.AddRange(block);
        }

        return [.. stream];
    }

    private static byte[] With(byte[] source, int at, byte value)
    {
        var copy = (byte[])source.Clone();
        copy[at] = value;
        return copy;
    }
}

using System.Buffers.Binary;
using System.Text;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public sealed class Lz4Tests
{
    private const int Max = 64 * 1024;

    /// <summary>Independent blocks of at most 64 KiB, no checksums: what this log writes.</summary>
    private const byte Flags = 0x60;

    /// <summary>One record of seven bytes.</summary>
    private static readonly byte[] Record = [12, 0, 0, 0, 1, 1, 0];

    [Theory]
    [InlineData("", 0x02CC5D05u)]
    [InlineData("a", 0x550D7456u)]
    [InlineData("abc", 0x32D153FFu)]
    [InlineData("Nobody inspects the spammish repetition", 0xE2293B2Fu)]
    public void XxHash32_OfKnownTexts_IsWhatOthersSay(string text, uint hash) => Assert.Equal(hash, XxHash32.Compute(Encoding.ASCII.GetBytes(text)));

    /// <summary>Literals with lengths in the token and behind it; a match that overlaps itself, and one with its length behind the token.</summary>
    [Fact]
    public void TryDecompress_OfEachKindOfSequence_Understands()
    {
        byte[] literals = [.. Enumerable.Range(1, 15).Select(i => (byte)i)];
        byte[] block = [0xF0, 0, .. literals, 1, 0, 0x1F, 7, 4, 0, 1, 0xC0, .. new byte[12]];
        byte[] expected = [.. literals, 15, 15, 15, 15, 7, .. Enumerable.Repeat<byte[]>([15, 15, 15, 7], 5).SelectMany(four => four), .. new byte[12]];

        Assert.Equal(BatchDefect.None, Compression.TryDecompress(CompressionCodec.Lz4, Frame(Flags, 0x40, Block(block)), Max, out var records));

        Assert.Equal(expected, records.ToArray());
    }

    [Fact]
    public void TryDecompress_OfBlocksWithAndWithoutCompression_PutsThemTogether()
    {
        byte[] frame = Frame(Flags, 0x70, [.. Block([0x20, 1, 2]), .. Block([3, 4, 5], isCompressed: false), .. Block([0x10, 6])]);

        Assert.Equal(BatchDefect.None, Compression.TryDecompress(CompressionCodec.Lz4, frame, Max, out var records));

        Assert.Equal([1, 2, 3, 4, 5, 6], records.ToArray());
    }

    [Theory]
    [InlineData("literals that end early", new byte[] { 0x30, 1 })]
    [InlineData("a length of literals that ends early", new byte[] { 0xF0, 255 })]
    [InlineData("a length of a match that ends early", new byte[] { 0x1F, 1, 1, 0, 255 })]
    [InlineData("no place of a match", new byte[] { 0x10, 1, 1 })]
    [InlineData("ends with a match", new byte[] { 0x10, 1, 1, 0 })]
    [InlineData("copies from before the beginning", new byte[] { 0x10, 1, 2, 0, 0xC0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })]
    [InlineData("copies from nowhere", new byte[] { 0x10, 1, 0, 0, 0xC0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })]
    public void Reader_OfABadBlock_RefusesIt(string what, byte[] block)
    {
        var (defect, _, allocated) = MemoryBound.Measure(Mutations.Batch(Frame(Flags, 0x40, Block(block)), codec: CompressionCodec.Lz4), int.MaxValue);

        Assert.True(defect == BatchDefect.Compression, $"{what}: {defect}");
        Assert.InRange(allocated, 0, 1_000);
    }

    [Fact]
    public void Reader_OfABlockThatBecomesMoreThanItsFrameAllows_RefusesItBeforeItIsDecompressed()
    {
        var (defect, _, allocated) = MemoryBound.Measure(Mutations.Batch(Frame(Flags, 0x40, Block(Bomb(300))), codec: CompressionCodec.Lz4), int.MaxValue);

        Assert.Equal(BatchDefect.Compression, defect);
        Assert.InRange(allocated, 0, 1_000);
    }

    [Fact]
    public void Reader_OfABomb_RefusesItBeforeItIsDecompressed()
    {
        byte[] frame = Frame(Flags, 0x70, [.. Block(Bomb(16_000)), .. Block(Bomb(16_000))]);
        Assert.InRange(frame.Length, 32_000, 33_000);

        var (defect, _, allocated) = MemoryBound.Measure(Mutations.Batch(frame, codec: CompressionCodec.Lz4), 8_000_000);

        Assert.Equal(BatchDefect.DecompressedSize, defect);
        Assert.InRange(allocated, 0, 1_000);
    }

    public static TheoryData<string, byte[]> BadFrames => new()
    {
        { "empty", [] },
        { "another magic", With(Sound(), 0, 5) },
        { "another version", Frame(0xA0, 0x40, Block(Record, isCompressed: false)) },
        { "blocks that depend on each other", Frame(0x40, 0x40, Block(Record, isCompressed: false)) },
        { "a reserved flag", Frame(0x62, 0x40, Block(Record, isCompressed: false)) },
        { "a dictionary", Frame(0x61, 0x40, Block(Record, isCompressed: false)) },
        { "a block size that there is not", Frame(Flags, 0x30, Block(Record, isCompressed: false)) },
        { "a reserved bit of the block size", Frame(Flags, 0x41, Block(Record, isCompressed: false)) },
        { "a wrong checksum of the header", With(Sound(), 6, 0) },
        { "a block longer than allowed", Frame(Flags, 0x40, Block(new byte[Max + 1], isCompressed: false)) },
        { "something behind the end", [.. Sound(), 0] },
        { "a second frame", [.. Sound(), .. Sound()] },
        { "no checksum of the content where there should be one", Frame(0x64, 0x40, Block(Record, isCompressed: false)) },
        { "another size of the content", FrameOfSize(8) },
        { "a size of the content beyond all numbers", FrameOfSize(ulong.MaxValue) },
    };

    [Theory]
    [MemberData(nameof(BadFrames))]
    public void Reader_OfABadFrame_RefusesIt(string what, byte[] frame)
    {
        var (defect, _, allocated) = MemoryBound.Measure(Mutations.Batch(frame, codec: CompressionCodec.Lz4), int.MaxValue);

        Assert.True(defect == BatchDefect.Compression, $"{what}: {defect}");
        Assert.InRange(allocated, 0, 1_000);
    }

    [Fact]
    public void Reader_OfASoundFrameCutAnywhere_RefusesIt()
    {
        Assert.Single(Batches.Read(Mutations.Batch(Sound(), codec: CompressionCodec.Lz4)));
        Assert.Single(Batches.Read(Mutations.Batch(FrameOfSize(7), codec: CompressionCodec.Lz4)));
        for (var length = 0; length < Sound().Length; length++)
            Assert.Equal(BatchDefect.Compression, Batches.TryRead(Mutations.Batch(Sound().AsSpan(0, length), codec: CompressionCodec.Lz4)).Defect);
    }

    /// <summary>Each bit of the header, the blocks and both checksums, in a frame that another implementation made with all of them.</summary>
    [Fact]
    public void TryDecompress_OfAFrameWithChecksumsAndAnyOneBitChanged_RefusesIt()
    {
        var batch = BatchVector.ReadAll("kafka-python.json").Single(vector => vector.Codec == "lz4-all").Bytes;
        var frame = batch[RecordBatchHeader.Size..];
        for (var bit = 0; bit < frame.Length * 8; bit += bit < 4_000 ? 1 : 37)
        {
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(BatchDefect.None, Compression.TryDecompress(CompressionCodec.Lz4, frame, int.MaxValue, out _));
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        frame[^1] ^= 1;
        Assert.Equal(BatchDefect.Compression, Compression.TryDecompress(CompressionCodec.Lz4, frame, int.MaxValue, out _));
    }

    private static byte[] Sound() => Frame(Flags, 0x40, Block(Record, isCompressed: false));

    /// <summary>One literal, and a match of 255 bytes more for each byte.</summary>
    private static byte[] Bomb(int bytes) => [0x1F, 1, 1, 0, .. Enumerable.Repeat(byte.MaxValue, bytes), 0, 0x10, 1];

    private static byte[] FrameOfSize(ulong claimed)
    {
        var size = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(size, claimed);
        return Frame(Flags | 0x08, 0x40, Block(Record, isCompressed: false), size);
    }

    private static byte[] Frame(byte flags, byte blockSize, byte[] blocks, params byte[] size)
    {
        byte[] descriptor = [flags, blockSize, .. size];
        return [0x04, 0x22, 0x4D, 0x18, .. descriptor, (byte)(XxHash32.Compute(descriptor) >> 8), .. blocks, 0, 0, 0, 0];
    }

    private static byte[] Block(byte[] bytes, bool isCompressed = true)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)bytes.Length | (isCompressed ? 0 : 0x8000_0000));
        return [.. length, .. bytes];
    }

    private static byte[] With(byte[] source, int at, byte value)
    {
        source[at] = value;
        return source;
    }
}

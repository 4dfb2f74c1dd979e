using System.Buffers.Binary;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public sealed class ZstdTests
{
    private const int Max = 64 * 1024;

    /// <summary>A block that says 128 KiB less one byte in four bytes: a run of zeros.</summary>
    private static readonly byte[] Run = [.. BlockHeader(128 * 1024 - 1, type: 1), 0];

    [Fact]
    public void TryDecompress_OfSeveralFramesAndOneToBeSkipped_PutsThemTogether()
    {
        byte[] skipped = [0x50, 0x2A, 0x4D, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5];
        byte[] frames = [.. Compressed(1_000), .. skipped, .. Compressed(2_000)];

        Assert.Equal(BatchDefect.None, Compression.TryDecompress(CompressionCodec.Zstd, frames, Max, out var records));

        Assert.Equal([.. new byte[1_000], .. new byte[2_000]], records.ToArray());
        Assert.Equal(BatchDefect.DecompressedSize, Compression.TryDecompress(CompressionCodec.Zstd, frames, 2_999, out _));
    }

    [Fact]
    public void Reader_OfABombThatSaysHowLargeItIs_StopsAtTheAllowedSize()
    {
        var bomb = Compressed(50_000_000);
        Assert.InRange(bomb.Length, 1, 10_000);

        var (defect, _, allocated) = MemoryBound.Measure(Mutations.Batch(bomb, codec: CompressionCodec.Zstd), Max);

        Assert.Equal(BatchDefect.DecompressedSize, defect);
        Assert.InRange(allocated, 0, (3 * Max) + MemoryBound.Fixed);
    }

    [Fact]
    public void Reader_OfABombThatSaysNothing_StopsAtTheAllowedSize()
    {
        byte[] bomb = Frame([.. Enumerable.Repeat(Run, 500).SelectMany(run => run)]);

        var (defect, _, allocated) = MemoryBound.Measure(Mutations.Batch(bomb, codec: CompressionCodec.Zstd), 1024 * 1024);

        Assert.Equal(BatchDefect.DecompressedSize, defect);
        Assert.InRange(allocated, 0, (3 * 1024 * 1024) + MemoryBound.Fixed);
    }

    /// <summary>Blocks may become 128 KiB each, and become nothing: what comes is what is allocated.</summary>
    [Fact]
    public void TryDecompress_OfBlocksThatCouldBecomeMuch_AllocatesByWhatComes()
    {
        byte[] frame = Frame([.. Enumerable.Repeat(BlockHeader(0, type: 0), 1_000).SelectMany(header => header)]);

        var allocated = MemoryBound.AllocatedBy(() => Assert.Equal(BatchDefect.None, Compression.TryDecompress(CompressionCodec.Zstd, frame, int.MaxValue, out _)));

        Assert.InRange(allocated, 0, (16 * frame.Length) + MemoryBound.Fixed);
    }

    /// <summary>A frame that asks for a window of 2 GiB is read as any: it is not decompressed as a stream.</summary>
    [Fact]
    public void TryDecompress_OfALargeWindow_TakesNoMemoryForIt()
    {
        byte[] frame = Frame(Run, window: 0xA8);

        Assert.Equal(BatchDefect.None, Compression.TryDecompress(CompressionCodec.Zstd, frame, 1024 * 1024, out var records));

        Assert.Equal(128 * 1024 - 1, records.Length);
    }

    public static TheoryData<string, byte[]> BadFrames => new()
    {
        { "empty", [] },
        { "no frame", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
        { "only a magic", [0x28, 0xB5, 0x2F, 0xFD] },
        { "no block", [0x28, 0xB5, 0x2F, 0xFD, 0, 0x58] },
        { "a block of a type that there is not", Frame([], last: [.. BlockHeader(4, type: 3, isLast: true), 1, 2, 3, 4]) },
        { "a dictionary that there is not", [0x28, 0xB5, 0x2F, 0xFD, 0x01, 0x58, 77, .. BlockHeader(0, type: 0, isLast: true)] },
        { "a reserved bit", [0x28, 0xB5, 0x2F, 0xFD, 0x08, 0x58, .. BlockHeader(0, type: 0, isLast: true)] },
        { "another size than it says", [0x28, 0xB5, 0x2F, 0xFD, 0x20, 9, .. BlockHeader(1, type: 0, isLast: true), 7] },
        { "a block longer than what there is", Frame([], last: [.. BlockHeader(400, type: 0, isLast: true), 1]) },
        { "something behind the end", [.. Compressed(1_000), 0] },
        { "a wrong checksum", [0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, .. BlockHeader(1, type: 0, isLast: true), 7, 1, 2, 3, 4] },
    };

    [Theory]
    [MemberData(nameof(BadFrames))]
    public void Reader_OfABadFrame_RefusesIt(string what, byte[] frame)
    {
        var (defect, _, allocated) = MemoryBound.Measure(Mutations.Batch(frame, codec: CompressionCodec.Zstd), int.MaxValue);

        Assert.True(defect == BatchDefect.Compression, $"{what}: {defect}");
        Assert.InRange(allocated, 0, MemoryBound.Fixed + 10_000);

        // What decompresses is used again, and remembers nothing of it.
        Assert.Equal(BatchDefect.None, Compression.TryDecompress(CompressionCodec.Zstd, Compressed(1_000), 1_000, out var records));
        Assert.Equal(new byte[1_000], records.ToArray());
    }

    [Fact]
    public void TryDecompress_OfAFrameCutAnywhere_RefusesIt()
    {
        foreach (var name in new[] { "zstd", "zstd-stream" })
        {
            var frame = BatchVector.ReadAll("kafka-python.json").First(vector => vector.Codec == name).Bytes.AsMemory(RecordBatchHeader.Size);
            Assert.Equal(BatchDefect.None, Compression.TryDecompress(CompressionCodec.Zstd, frame, int.MaxValue, out _));
            for (var length = 0; length < frame.Length; length++)
                Assert.NotEqual(BatchDefect.None, Compression.TryDecompress(CompressionCodec.Zstd, frame[..length], int.MaxValue, out _));
        }
    }

    private static byte[] Compressed(int zeros)
    {
        Assert.True(Compression.TryCompress(CompressionCodec.Zstd, new byte[zeros], 0, out var compressed));
        return compressed.ToArray();
    }

    /// <summary>A frame that does not say its size.</summary>
    private static byte[] Frame(byte[] blocks, byte window = 0x58, byte[]? last = null) => [0x28, 0xB5, 0x2F, 0xFD, 0, window, .. blocks, .. last ?? BlockHeader(0, type: 0, isLast: true)];

    private static byte[] BlockHeader(int size, int type, bool isLast = false)
    {
        var header = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(header, (size << 3) | (type << 1) | (isLast ? 1 : 0));
        return header[..3];
    }
}

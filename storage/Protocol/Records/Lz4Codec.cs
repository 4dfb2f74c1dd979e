using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// LZ4 in one frame (<see cref="Lz4FrameHeader"/>), as Kafka's clients use it in batches of format version 2. Behind the header come blocks, each its length 4 (the highest bit set: it is
/// not compressed), its bytes and a checksum 4 if the header says so; then an empty block, and a checksum 4 of the content if the header says so. All little-endian.
/// </summary>
internal static class Lz4Codec
{
    private const uint UncompressedBit = 0x8000_0000;

    /// <summary>The length of a block, and of the empty one that ends the frame.</summary>
    private const int LengthSize = 4;

    public static bool TryCompress(ReadOnlySpan<byte> records, int room, out Memory<byte> compressed)
    {
        compressed = default;
        var target = GC.AllocateUninitializedArray<byte>(room + records.Length);
        if (records.Length <= Lz4FrameHeader.WrittenSize + LengthSize)
            return false;
        Lz4FrameHeader.Write(target.AsSpan(room));
        var at = room + Lz4FrameHeader.WrittenSize;
        while (!records.IsEmpty)
        {
            var content = records[..Math.Min(Lz4FrameHeader.WrittenBlockSize, records.Length)];
            var left = target.Length - at - (2 * LengthSize);
            if (left <= 0)
                return false;
            var length = TryEncode(content, target.AsSpan(at + LengthSize, Math.Min(left, content.Length - 1)));
            if (length == 0 && content.Length > left)
                return false;
            BinaryPrimitives.WriteUInt32LittleEndian(target.AsSpan(at), length == 0 ? (uint)content.Length | UncompressedBit : (uint)length);
            if (length == 0)
                content.CopyTo(target.AsSpan(at + LengthSize));
            at += LengthSize + (length == 0 ? content.Length : length);
            records = records[content.Length..];
        }

        BinaryPrimitives.WriteUInt32LittleEndian(target.AsSpan(at), 0);
        at += LengthSize;
        compressed = target.AsMemory(0, at);
        return at < target.Length;
    }

    /// <summary>Goes through all blocks before the first is decompressed and adds up what they become, so that a stream that will be refused costs nothing and one that will not costs what it holds.</summary>
    public static BatchDefect TryDecompress(ReadOnlySpan<byte> compressed, int maxSize, out ReadOnlyMemory<byte> records)
    {
        records = default;
        if (!Lz4FrameHeader.TryRead(compressed, out var header))
            return BatchDefect.Compression;
        var rest = compressed[header.Size..];
        long size = 0;
        while (TryTakeBlock(ref rest, header, out var block, out var isCompressed))
        {
            var become = isCompressed ? Lz4Block.SizeOf(block) : block.Length;
            size += become;
            if (become < 0 || become > header.MaxBlockSize)
                return BatchDefect.Compression;
            if (size > maxSize)
                return BatchDefect.DecompressedSize;
        }

        // What ended it was the empty block, and behind it is nothing but the checksum.
        if (rest.Length != LengthSize + (header.HasContentChecksum ? 4 : 0) || BinaryPrimitives.ReadUInt32LittleEndian(rest) != 0
            || (header.ContentSize is { } claimed && claimed != (ulong)size))
            return BatchDefect.Compression;
        var target = GC.AllocateUninitializedArray<byte>((int)size);
        if (!TryDecode(compressed[header.Size..], header, target))
            return BatchDefect.Compression;
        if (header.HasContentChecksum && XxHash32.Compute(target) != BinaryPrimitives.ReadUInt32LittleEndian(rest[LengthSize..]))
            return BatchDefect.Compression;
        records = target;
        return BatchDefect.None;
    }

    private static bool TryDecode(ReadOnlySpan<byte> blocks, in Lz4FrameHeader header, Span<byte> target)
    {
        while (TryTakeBlock(ref blocks, header, out var block, out var isCompressed))
        {
            if (isCompressed)
            {
                // Exactly as long, so that the decoder has no byte to write beyond what was counted. It answers -1 for what is damaged.
                var size = (int)Lz4Block.SizeOf(block);
                if (size > 0 && LZ4Codec.Decode(block, target[..size]) != size)
                    return false;
                target = target[size..];
            }
            else
            {
                block.CopyTo(target);
                target = target[block.Length..];
            }
        }

        return true;
    }

    /// <summary>False: the empty block, or what is no block; <paramref name="rest"/> begins with it.</summary>
    private static bool TryTakeBlock(ref ReadOnlySpan<byte> rest, in Lz4FrameHeader header, out ReadOnlySpan<byte> block, out bool isCompressed)
    {
        block = default;
        isCompressed = false;
        if (rest.Length < LengthSize)
            return false;
        var word = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        var length = word & ~UncompressedBit;
        var checksumSize = header.HasBlockChecksums ? 4 : 0;
        if (length == 0 || length > header.MaxBlockSize || length > rest.Length - LengthSize - checksumSize)
            return false;
        block = rest.Slice(LengthSize, (int)length);
        if (header.HasBlockChecksums && XxHash32.Compute(block) != BinaryPrimitives.ReadUInt32LittleEndian(rest[(LengthSize + block.Length)..]))
            return false;
        isCompressed = (word & UncompressedBit) == 0;
        rest = rest[(LengthSize + block.Length + checksumSize)..];
        return true;
    }

    /// <summary>0: it does not become smaller.</summary>
    private static int TryEncode(ReadOnlySpan<byte> content, Span<byte> target) => target.IsEmpty ? 0 : Math.Max(0, LZ4Codec.Encode(content, target, LZ4Level.L00_FAST));
}

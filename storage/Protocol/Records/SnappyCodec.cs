using System.Buffers.Binary;
using IronSnappy;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// Snappy as Kafka's clients use it. Written is the framing of the Java library (xerial): magic <c>82 'SNAPPY' 00</c>, version 4 and oldest compatible version 4 (both 1),
/// then blocks of at most 32 KiB before compression, each its length 4 and one raw Snappy block; all big-endian. Read is that and one bare raw block, which librdkafka may send.
/// The two cannot be confused: the magic, taken for a raw block, would begin with a copy of bytes that are not there yet.
/// </summary>
internal static class SnappyCodec
{
    private const int FramingHeaderSize = 16;
    private const int FramingVersion = 1;
    private const int BlockSize = 32 * 1024;

    /// <summary>The densest element of a raw block makes 64 bytes out of 3: whoever claims more than this many times the compressed bytes lies.</summary>
    private const int MaxExpansion = 22;

    private static ReadOnlySpan<byte> Magic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    public static bool TryCompress(ReadOnlySpan<byte> records, int room, out Memory<byte> compressed)
    {
        compressed = default;
        if (records.Length <= FramingHeaderSize)
            return false;
        var target = GC.AllocateUninitializedArray<byte>(room + records.Length);
        Magic.CopyTo(target.AsSpan(room));
        BinaryPrimitives.WriteInt32BigEndian(target.AsSpan(room + 8), FramingVersion);
        BinaryPrimitives.WriteInt32BigEndian(target.AsSpan(room + 12), FramingVersion);
        var size = room + FramingHeaderSize;
        while (!records.IsEmpty)
        {
            var block = Snappy.Encode(records[..Math.Min(BlockSize, records.Length)]);
            if (4 + block.Length >= target.Length - size)
                return false;
            BinaryPrimitives.WriteInt32BigEndian(target.AsSpan(size), block.Length);
            block.CopyTo(target, size + 4);
            size += 4 + block.Length;
            records = records[Math.Min(BlockSize, records.Length)..];
        }

        compressed = target.AsMemory(0, size);
        return true;
    }

    public static BatchDefect TryDecompress(ReadOnlySpan<byte> compressed, int maxSize, out ReadOnlyMemory<byte> records)
    {
        var isFramed = compressed.StartsWith(Magic);
        records = default;
        if (isFramed && !IsKnownFraming(compressed))
            return BatchDefect.Compression;
        return isFramed ? TryDecompressBlocks(compressed[FramingHeaderSize..], maxSize, out records) : TryDecompressBlock(compressed, maxSize, out records);
    }

    private static bool IsKnownFraming(ReadOnlySpan<byte> compressed) => compressed.Length >= FramingHeaderSize
        && BinaryPrimitives.ReadInt32BigEndian(compressed[8..]) >= FramingVersion
        && BinaryPrimitives.ReadInt32BigEndian(compressed[12..]) is > 0 and <= FramingVersion;

    /// <summary>Adds up what all blocks claim before the first is decompressed, so that a stream that will be refused costs nothing.</summary>
    private static BatchDefect TryDecompressBlocks(ReadOnlySpan<byte> blocks, int maxSize, out ReadOnlyMemory<byte> records)
    {
        records = default;
        long size = 0;
        for (var rest = blocks; !rest.IsEmpty;)
        {
            if (!TryTakeBlock(ref rest, out var block))
                return BatchDefect.Compression;
            var defect = TryReadClaimedSize(block, maxSize, out var claimed);
            size += claimed;
            if (defect != BatchDefect.None || size > maxSize)
                return defect != BatchDefect.None ? defect : BatchDefect.DecompressedSize;
        }

        var target = GC.AllocateUninitializedArray<byte>((int)size);
        var at = 0;
        for (var rest = blocks; TryTakeBlock(ref rest, out var block);)
        {
            if (!TryDecode(block, out var decoded) || decoded.Length > target.Length - at)
                return BatchDefect.Compression;
            decoded.CopyTo(target, at);
            at += decoded.Length;
        }

        records = target;
        return at == target.Length ? BatchDefect.None : BatchDefect.Compression;
    }

    private static BatchDefect TryDecompressBlock(ReadOnlySpan<byte> block, int maxSize, out ReadOnlyMemory<byte> records)
    {
        records = default;
        var defect = TryReadClaimedSize(block, maxSize, out var claimed);
        if (defect != BatchDefect.None)
            return defect;
        if (!TryDecode(block, out var decoded) || decoded.Length != claimed)
            return BatchDefect.Compression;
        records = decoded;
        return BatchDefect.None;
    }

    private static bool TryTakeBlock(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> block)
    {
        block = default;
        if (rest.Length < 4)
            return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(rest);
        if (length < 0 || length > rest.Length - 4)
            return false;
        block = rest.Slice(4, length);
        rest = rest[(4 + length)..];
        return true;
    }

    /// <summary>A raw block begins with its decompressed size, an unsigned varint of at most 32 bits.</summary>
    private static BatchDefect TryReadClaimedSize(ReadOnlySpan<byte> block, int maxSize, out long claimed)
    {
        claimed = 0;
        if (!Varint.TryReadUnsigned32(block, out var size) || size > (long)block.Length * MaxExpansion)
            return BatchDefect.Compression;
        claimed = size;
        return size > maxSize ? BatchDefect.DecompressedSize : BatchDefect.None;
    }

    private static bool TryDecode(ReadOnlySpan<byte> block, out byte[] decoded)
    {
        try
        {
            decoded = Snappy.Decode(block);
            return true;
        }
        catch (IOException)
        {
            // How IronSnappy says that a block is corrupt.
            decoded = [];
            return false;
        }
    }
}

using System.Buffers.Binary;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// What begins an LZ4 frame (github.com/lz4/lz4, "LZ4 Frame Format"): magic <c>04 22 4D 18</c>, flags 1, block size 1, the content's size 8 if the flags say so, and one byte of a
/// checksum over all but the magic. As Kafka's brokers do, only frames are taken whose blocks do not depend on each other, and none that need a dictionary.
/// </summary>
internal readonly record struct Lz4FrameHeader
{
    /// <summary>As it is written: no size, no checksums but its own.</summary>
    public const int WrittenSize = 7;

    /// <summary>Of the blocks that are written, before compression: what Kafka's clients use.</summary>
    public const int WrittenBlockSize = 64 * 1024;

    private const uint Magic = 0x184D2204;
    private const byte VersionMask = 0xC0;
    private const byte Version = 0x40;
    private const byte IndependentBlocksBit = 0x20;
    private const byte BlockChecksumsBit = 0x10;
    private const byte ContentSizeBit = 0x08;
    private const byte ContentChecksumBit = 0x04;
    private const byte ReservedAndDictionaryBits = 0x03;

    /// <summary>Of the header itself, in bytes.</summary>
    public int Size { get; private init; }

    /// <summary>No block becomes larger.</summary>
    public int MaxBlockSize { get; private init; }

    public bool HasBlockChecksums { get; private init; }

    public bool HasContentChecksum { get; private init; }

    /// <summary>What all blocks together become, as the frame claims; null: it does not say.</summary>
    public ulong? ContentSize { get; private init; }

    /// <summary>False: not such a frame.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out Lz4FrameHeader header)
    {
        header = default;
        if (frame.Length < WrittenSize || BinaryPrimitives.ReadUInt32LittleEndian(frame) != Magic)
            return false;
        var (flags, blocks) = (frame[4], frame[5]);
        var hasSize = (flags & ContentSizeBit) != 0;
        var size = WrittenSize + (hasSize ? 8 : 0);
        // Four sizes of blocks are defined, 64 KiB to 4 MiB; all other bits are reserved.
        if ((flags & (VersionMask | IndependentBlocksBit | ReservedAndDictionaryBits)) != (Version | IndependentBlocksBit) || (blocks & 0x8F) != 0 || blocks < 0x40
            || frame.Length < size || frame[size - 1] != Checksum(frame[4..(size - 1)]))
            return false;
        header = new Lz4FrameHeader
        {
            Size = size,
            MaxBlockSize = 1 << (8 + (2 * (blocks >> 4))),
            HasBlockChecksums = (flags & BlockChecksumsBit) != 0,
            HasContentChecksum = (flags & ContentChecksumBit) != 0,
            ContentSize = hasSize ? BinaryPrimitives.ReadUInt64LittleEndian(frame[6..]) : null,
        };
        return true;
    }

    /// <summary>Independent blocks of <see cref="WrittenBlockSize"/>, and nothing else.</summary>
    public static void Write(Span<byte> frame)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        frame[4] = Version | IndependentBlocksBit;
        frame[5] = 0x40;
        frame[6] = Checksum(frame[4..6]);
    }

    private static byte Checksum(ReadOnlySpan<byte> bytes) => (byte)(XxHash32.Compute(bytes) >> 8);
}

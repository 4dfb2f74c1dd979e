using System.Buffers.Binary;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// Inside a compressed block of LZ4 (github.com/lz4/lz4, "LZ4 Block Format"): sequences, each a token (how many literals, how long a match), literals, and where the match begins, two bytes
/// back. A length that does not fit into its half of the token goes on in bytes that are added, up to the first that is not 255. The last sequence ends behind its literals.
/// </summary>
internal static class Lz4Block
{
    private const int DistanceSize = 2;
    private const int MinMatch = 4;
    private const int FullHalf = 15;

    /// <summary>
    /// What the block becomes, told by its sequences alone: at most 255 times what it is. -1: it is cut off, or a match lies before the beginning or nowhere (a distance of 0, which
    /// the decoder does not refuse: it decodes it to whatever bytes it comes upon).
    /// </summary>
    public static long SizeOf(ReadOnlySpan<byte> block)
    {
        long size = 0;
        var at = 0;
        while (at < block.Length)
        {
            var token = block[at++];
            long literals = token >> 4;
            if ((literals == FullHalf && !TryExtend(block, ref at, ref literals)) || literals > block.Length - at)
                return -1;
            at += (int)literals;
            size += literals;
            if (at == block.Length)
                return size;
            if (block.Length - at < DistanceSize || BinaryPrimitives.ReadUInt16LittleEndian(block[at..]) is var distance && (distance == 0 || distance > size))
                return -1;
            at += DistanceSize;
            long match = token & FullHalf;
            if (match == FullHalf && !TryExtend(block, ref at, ref match))
                return -1;
            size += match + MinMatch;
        }

        return -1;
    }

    private static bool TryExtend(ReadOnlySpan<byte> block, ref int at, ref long length)
    {
        while (at < block.Length)
        {
            var more = block[at++];
            length += more;
            if (more != byte.MaxValue)
                return true;
        }

        return false;
    }
}

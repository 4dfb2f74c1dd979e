using System.Buffers.Binary;
using System.Numerics;

namespace ManagedLog.Protocol.Records;

/// <summary>xxHash of 32 bits with seed 0 (github.com/Cyan4973/xxHash, "xxHash algorithm description"): the checksum of LZ4's frames. Finds accidents, not forgeries.</summary>
internal static class XxHash32
{
    private const uint Prime1 = 0x9E3779B1;
    private const uint Prime2 = 0x85EBCA77;
    private const uint Prime3 = 0xC2B2AE3D;
    private const uint Prime4 = 0x27D4EB2F;
    private const uint Prime5 = 0x165667B1;

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        unchecked
        {
            var hash = Prime5;
            var rest = bytes;
            if (bytes.Length >= 16)
                hash = Lanes(ref rest);
            hash += (uint)bytes.Length;
            for (; rest.Length >= 4; rest = rest[4..])
                hash = BitOperations.RotateLeft(hash + (BinaryPrimitives.ReadUInt32LittleEndian(rest) * Prime3), 17) * Prime4;
            foreach (var one in rest)
                hash = BitOperations.RotateLeft(hash + (one * Prime5), 11) * Prime1;
            hash = (hash ^ (hash >> 15)) * Prime2;
            hash = (hash ^ (hash >> 13)) * Prime3;
            return hash ^ (hash >> 16);
        }
    }

    /// <summary>Four sums over every fourth word, as far as there are stripes of 16 bytes.</summary>
    private static uint Lanes(ref ReadOnlySpan<byte> rest)
    {
        unchecked
        {
            var (a, b, c, d) = (Prime1 + Prime2, Prime2, 0u, 0u - Prime1);
            for (; rest.Length >= 16; rest = rest[16..])
            {
                a = Round(a, rest);
                b = Round(b, rest[4..]);
                c = Round(c, rest[8..]);
                d = Round(d, rest[12..]);
            }

            return BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
        }
    }

    private static uint Round(uint sum, ReadOnlySpan<byte> word) =>
        unchecked(BitOperations.RotateLeft(sum + (BinaryPrimitives.ReadUInt32LittleEndian(word) * Prime2), 13) * Prime1);
}

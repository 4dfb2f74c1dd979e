using System.Buffers.Binary;
using System.Numerics;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// CRC-32C (Castagnoli, reflected, as in RFC 3720 appendix B.4), which Kafka's batches carry; one instruction per 8 bytes where the processor has it. That instruction takes three
/// cycles and can begin in each, so long input is cut into three lanes that are computed at once and put together (V. Gopal et al., Intel, 2011).
/// </summary>
public static class Crc32C
{
    private const int LaneBytes = 1024;

    /// <summary>What <see cref="LaneBytes"/> zeros make of a running value: it is linear, so one entry for each value of each of its four bytes.</summary>
    private static readonly uint[] s_pastLane = PastLane();

    public static uint Compute(ReadOnlySpan<byte> bytes) => ~Append(uint.MaxValue, bytes);

    /// <summary>Continues a running value: start with <see cref="uint.MaxValue"/>, complement at the end.</summary>
    public static uint Append(uint running, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 3 * LaneBytes)
        {
            running = AppendLanes(running, bytes[..LaneBytes], bytes.Slice(LaneBytes, LaneBytes), bytes.Slice(2 * LaneBytes, LaneBytes));
            bytes = bytes[(3 * LaneBytes)..];
        }

        while (bytes.Length >= 8)
        {
            running = BitOperations.Crc32C(running, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var b in bytes)
            running = BitOperations.Crc32C(running, b);
        return running;
    }

    private static uint AppendLanes(uint running, ReadOnlySpan<byte> one, ReadOnlySpan<byte> two, ReadOnlySpan<byte> three)
    {
        var (second, third) = (0u, 0u);
        for (var at = 0; at <= LaneBytes - 8; at += 8)
        {
            running = BitOperations.Crc32C(running, BinaryPrimitives.ReadUInt64LittleEndian(one[at..]));
            second = BitOperations.Crc32C(second, BinaryPrimitives.ReadUInt64LittleEndian(two[at..]));
            third = BitOperations.Crc32C(third, BinaryPrimitives.ReadUInt64LittleEndian(three[at..]));
        }

        return SkipLane(SkipLane(running) ^ second) ^ third;
    }

    private static uint SkipLane(uint running)
    {
        var table = s_pastLane;
        return table[running & 0xFF] ^ table[256 + ((running >> 8) & 0xFF)] ^ table[512 + ((running >> 16) & 0xFF)] ^ table[768 + (running >> 24)];
    }

    private static uint[] PastLane()
    {
        var table = new uint[4 * 256];
        for (var place = 0; place < table.Length; place++)
        {
            var running = (uint)(place & 0xFF) << (place / 256 * 8);
            for (var at = 0; at < LaneBytes; at += 8)
                running = BitOperations.Crc32C(running, 0UL);
            table[place] = running;
        }

        return table;
    }
}

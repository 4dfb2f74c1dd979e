using System.Buffers.Binary;
using System.Numerics;

namespace ManagedLog.Protocol.Records;

/// <summary>CRC-32C (Castagnoli, reflected, as in RFC 3720 appendix B.4), which Kafka's batches carry; one instruction per 8 bytes where the processor has it.</summary>
public static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> bytes) => ~Append(uint.MaxValue, bytes);

    /// <summary>Continues a running value: start with <see cref="uint.MaxValue"/>, complement at the end.</summary>
    public static uint Append(uint running, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            running = BitOperations.Crc32C(running, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var b in bytes)
            running = BitOperations.Crc32C(running, b);
        return running;
    }
}

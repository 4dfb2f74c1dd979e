using System.Buffers.Binary;

namespace ManagedLog.Protocol.Partitioning;

/// <summary>
/// The hash by which Kafka's producers choose the partition of a key: MurmurHash2, 32 bits, seed 0x9747b28c, as in Kafka's <c>Utils.murmur2</c>.
/// Every client must compute the same one, or records of one key lose their order.
/// </summary>
public static class MurmurHash2
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;

    /// <summary>The partition of a key among <paramref name="partitions"/>, counted from 0.</summary>
    public static int PartitionFor(ReadOnlySpan<byte> key, int partitions)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(partitions);
        return (int)(Compute(key) & int.MaxValue) % partitions;
    }

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var hash = Seed ^ (uint)bytes.Length;
        while (bytes.Length >= 4)
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Multiplier;
            word = (word ^ (word >> 24)) * Multiplier;
            hash = (hash * Multiplier) ^ word;
            bytes = bytes[4..];
        }

        if (bytes.Length == 3)
            hash ^= (uint)bytes[2] << 16;
        if (bytes.Length >= 2)
            hash ^= (uint)bytes[1] << 8;
        if (bytes.Length >= 1)
            hash = (hash ^ bytes[0]) * Multiplier;

        hash = (hash ^ (hash >> 13)) * Multiplier;
        return hash ^ (hash >> 15);
    }
}

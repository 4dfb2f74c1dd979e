using System.Buffers.Binary;
using ManagedLog.Engine;

namespace ManagedLog.Simulation.Scheduling;

/// <summary>The engine's ids and jitter, from a seeded stream.</summary>
internal sealed class SeededEntropy(SeededRandom random) : Entropy
{
    public override Guid NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, random.NextUInt64());
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], random.NextUInt64());
        return new Guid(bytes, bigEndian: true);
    }

    public override double NextDouble() => random.NextDouble();
}

using System.Buffers.Binary;

namespace ManagedLog.Proof.Streaming;

/// <summary>The key of a record: which producer wrote it, and as its how-many-eth.</summary>
internal readonly record struct ProducerKey(int Producer, int Sequence)
{
    private const int Size = 2 * sizeof(int);

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Producer);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(sizeof(int)), Sequence);
        return bytes;
    }

    /// <exception cref="ProofFailedException">These bytes are no such key.</exception>
    public static ProducerKey Parse(ReadOnlySpan<byte> bytes) => bytes.Length == Size
        ? new ProducerKey(BinaryPrimitives.ReadInt32BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes[sizeof(int)..]))
        : throw new ProofFailedException($"A record came back with a key of {bytes.Length} bytes that nobody wrote.");
}

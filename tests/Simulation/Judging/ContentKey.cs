using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Simulation.Judging;

/// <summary>
/// What a producer sent, however the log stamped it: a digest of the batch without what the log may set (offset, epoch, identity, append time, CRC).
/// Two batches of the same records have the same key, whoever sent them.
/// </summary>
internal readonly record struct ContentKey(UInt128 Digest)
{
    private const int CrcAt = 17;
    private const int AttributesAt = 21;
    private const int MaxTimestampAt = 35;
    private const int ProducerAt = 43;
    private const int ProducerLength = 14;

    // The bit of the attributes that says whose clock the timestamps are from (KIP-32).
    private const byte AppendTimeBit = 0x08;

    public static ContentKey Of(ReadOnlySpan<byte> batch)
    {
        var plain = batch.ToArray().AsSpan();
        plain[AttributesAt + 1] &= unchecked((byte)~AppendTimeBit);
        plain[MaxTimestampAt..(MaxTimestampAt + sizeof(long))].Clear();
        plain[ProducerAt..(ProducerAt + ProducerLength)].Clear();
        plain[CrcAt..AttributesAt].Clear();
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(plain[(RecordBatchHeader.LogOverhead + sizeof(int))..], digest);
        return new ContentKey(BinaryPrimitives.ReadUInt128BigEndian(digest));
    }

    public override string ToString() => Digest.ToString("x32", CultureInfo.InvariantCulture)[..8];
}

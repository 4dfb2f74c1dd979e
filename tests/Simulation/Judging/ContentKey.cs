using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Simulation.Judging;

/// <summary>
/// What a producer sent, however the log stamped it: a digest of the batch without what the log may set (offset, epoch, identity, append time, CRC).
/// Two batches of the same records have the same key, whoever sent them.
/// </summary>
/// <remarks>Nobody forges here, so two independent 64-bit mixes tell contents apart as well as a cryptographic digest, in a tenth of the time.</remarks>
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
        Span<byte> header = stackalloc byte[RecordBatchHeader.Size];
        batch[..RecordBatchHeader.Size].CopyTo(header);
        header[AttributesAt + 1] &= unchecked((byte)~AppendTimeBit);
        header[MaxTimestampAt..(MaxTimestampAt + sizeof(long))].Clear();
        header[ProducerAt..(ProducerAt + ProducerLength)].Clear();
        header[CrcAt..AttributesAt].Clear();
        var digest = (High: 0x9E3779B97F4A7C15UL, Low: (ulong)batch.Length);
        digest = Mix(digest, header[(RecordBatchHeader.LogOverhead + sizeof(int))..]);
        digest = Mix(digest, batch[RecordBatchHeader.Size..]);
        return new ContentKey(new UInt128(digest.High, digest.Low));
    }

    public override string ToString() => Digest.ToString("x32", CultureInfo.InvariantCulture)[..8];

    private static (ulong High, ulong Low) Mix((ulong High, ulong Low) digest, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            digest = Mix(digest, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        Span<byte> rest = stackalloc byte[sizeof(ulong)];
        bytes.CopyTo(rest);
        return Mix(digest, BinaryPrimitives.ReadUInt64LittleEndian(rest) ^ ((ulong)bytes.Length << 56));
    }

    private static (ulong High, ulong Low) Mix((ulong High, ulong Low) digest, ulong word)
    {
        var high = BitOperations.RotateLeft((digest.High ^ word) * 0xBF58476D1CE4E5B9, 31);
        var low = BitOperations.RotateLeft((digest.Low + word) * 0x94D049BB133111EB, 29) ^ (word >> 32);
        return (high, low);
    }
}

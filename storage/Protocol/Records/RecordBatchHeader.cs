using System.Buffers.Binary;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// The 61 bytes that begin each record batch of format version 2 (magic 2; Kafka protocol guide, "Record Batch"), all big-endian.
/// Base offset and leader epoch stand outside the CRC, so that the log sets them without computing it again; everything from the
/// attributes on is inside.
/// </summary>
public readonly record struct RecordBatchHeader
{
    public const int Size = 61;
    public const byte CurrentMagic = 2;

    /// <summary>What stands before the bytes that the length field counts: base offset and the length itself.</summary>
    public const int LogOverhead = 12;

    /// <summary>The CRC covers everything from here to the batch's end.</summary>
    public const int CrcStart = AttributesAt;

    internal const int BaseOffsetAt = 0;
    internal const int LengthAt = 8;
    internal const int LeaderEpochAt = 12;
    internal const int MagicAt = 16;
    internal const int CrcAt = 17;
    internal const int AttributesAt = 21;
    internal const int LastOffsetDeltaAt = 23;
    internal const int BaseTimestampAt = 27;
    internal const int MaxTimestampAt = 35;
    internal const int ProducerIdAt = 43;
    internal const int ProducerEpochAt = 51;
    internal const int BaseSequenceAt = 53;
    internal const int RecordCountAt = 57;

    internal const short CompressionMask = 0x07;
    internal const short AppendTimeBit = 0x08;
    internal const short TransactionalBit = 0x10;
    internal const short ControlBit = 0x20;
    internal const short DeleteHorizonBit = 0x40;

    public long BaseOffset { get; init; }

    /// <summary>The whole batch in bytes, this header and the length field included.</summary>
    public int SizeInBytes { get; init; }

    public int LeaderEpoch { get; init; }

    public byte Magic { get; init; }

    public uint Crc { get; init; }

    public short Attributes { get; init; }

    /// <summary>Last offset minus base offset. Compaction removes records but never changes it.</summary>
    public int LastOffsetDelta { get; init; }

    public long BaseTimestamp { get; init; }

    public long MaxTimestamp { get; init; }

    public ProducerIdentity Producer { get; init; }

    public int BaseSequence { get; init; }

    public int RecordCount { get; init; }

    public long LastOffset => BaseOffset + LastOffsetDelta;

    /// <summary>The offset of whatever follows this batch.</summary>
    public long NextOffset => BaseOffset + LastOffsetDelta + 1;

    public BatchIdentity Identity => new(Producer, BaseSequence);

    public CompressionCodec Codec => (CompressionCodec)(Attributes & CompressionMask);

    public TimestampType TimestampType => (Attributes & AppendTimeBit) != 0 ? TimestampType.LogAppendTime : TimestampType.CreateTime;

    public bool IsTransactional => (Attributes & TransactionalBit) != 0;

    public bool IsControl => (Attributes & ControlBit) != 0;

    /// <summary>
    /// From when on compaction may drop the batch's tombstones (KIP-534), in ms since 1970; null: it has none, or they were not compacted yet. It stands in the place of the
    /// base timestamp, so whoever does not know the bit that says so still reads every record's timestamp right.
    /// </summary>
    public long? DeleteHorizon => (Attributes & DeleteHorizonBit) != 0 ? BaseTimestamp : null;

    /// <summary>Reads the fields as they stand, trusting none of them: see <see cref="RecordBatchCheck"/>. False: fewer than 61 bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RecordBatchHeader header)
    {
        if (bytes.Length < Size)
        {
            header = default;
            return false;
        }

        header = new RecordBatchHeader
        {
            BaseOffset = BinaryPrimitives.ReadInt64BigEndian(bytes[BaseOffsetAt..]),
            SizeInBytes = SizeFromLength(BinaryPrimitives.ReadInt32BigEndian(bytes[LengthAt..])),
            LeaderEpoch = BinaryPrimitives.ReadInt32BigEndian(bytes[LeaderEpochAt..]),
            Magic = bytes[MagicAt],
            Crc = BinaryPrimitives.ReadUInt32BigEndian(bytes[CrcAt..]),
            Attributes = BinaryPrimitives.ReadInt16BigEndian(bytes[AttributesAt..]),
            LastOffsetDelta = BinaryPrimitives.ReadInt32BigEndian(bytes[LastOffsetDeltaAt..]),
            BaseTimestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[BaseTimestampAt..]),
            MaxTimestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[MaxTimestampAt..]),
            Producer = new ProducerIdentity(BinaryPrimitives.ReadInt64BigEndian(bytes[ProducerIdAt..]), BinaryPrimitives.ReadInt16BigEndian(bytes[ProducerEpochAt..])),
            BaseSequence = BinaryPrimitives.ReadInt32BigEndian(bytes[BaseSequenceAt..]),
            RecordCount = BinaryPrimitives.ReadInt32BigEndian(bytes[RecordCountAt..]),
        };
        return true;
    }

    /// <summary>Writes all 61 bytes, the CRC as it stands in this value: see <see cref="RecordBatchPatch.SealCrc"/>.</summary>
    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt64BigEndian(bytes[BaseOffsetAt..], BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(bytes[LengthAt..], SizeInBytes - LogOverhead);
        BinaryPrimitives.WriteInt32BigEndian(bytes[LeaderEpochAt..], LeaderEpoch);
        bytes[MagicAt] = Magic;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[CrcAt..], Crc);
        BinaryPrimitives.WriteInt16BigEndian(bytes[AttributesAt..], Attributes);
        BinaryPrimitives.WriteInt32BigEndian(bytes[LastOffsetDeltaAt..], LastOffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(bytes[BaseTimestampAt..], BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(bytes[MaxTimestampAt..], MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(bytes[ProducerIdAt..], Producer.Id);
        BinaryPrimitives.WriteInt16BigEndian(bytes[ProducerEpochAt..], Producer.Epoch);
        BinaryPrimitives.WriteInt32BigEndian(bytes[BaseSequenceAt..], BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(bytes[RecordCountAt..], RecordCount);
    }

    /// <summary>A length field that no batch can have becomes a negative size instead of an overflow.</summary>
    private static int SizeFromLength(int length) => length is < 0 or > int.MaxValue - LogOverhead ? -1 : length + LogOverhead;
}

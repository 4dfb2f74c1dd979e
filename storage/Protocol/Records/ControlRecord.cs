using System.Buffers.Binary;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// The end of a transaction in one partition (KIP-98): the only record of a batch with the control and the transactional bit, under the producer whose transaction it ends.
/// </summary>
/// <remarks>
/// Key, 4 bytes, big-endian: version 2 (0) · type 2. Value, 6 bytes: version 2 (0) · coordinator epoch 4. A later version may append to either, so longer ones are read.
/// </remarks>
public readonly record struct ControlRecord(ControlRecordType Type, int CoordinatorEpoch)
{
    private const short Version = 0;
    private const int KeySize = 4;
    private const int ValueSize = 6;

    public byte[] EncodeKey()
    {
        var key = new byte[KeySize];
        BinaryPrimitives.WriteInt16BigEndian(key, Version);
        BinaryPrimitives.WriteInt16BigEndian(key.AsSpan(2), (short)Type);
        return key;
    }

    public byte[] EncodeValue()
    {
        var value = new byte[ValueSize];
        BinaryPrimitives.WriteInt16BigEndian(value, Version);
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(2), CoordinatorEpoch);
        return value;
    }

    /// <summary>The whole batch, base offset 0, its CRC set. It takes no sequence: control batches are no part of a producer's numbering.</summary>
    public Memory<byte> ToBatch(ProducerIdentity producer, long timestamp)
    {
        var builder = new RecordBatchBuilder { IsControl = true, IsTransactional = true };
        builder.Add(timestamp, EncodeKey(), EncodeValue(), []);
        var batch = builder.Build();
        RecordBatchPatch.SetIdentity(batch.Span, new BatchIdentity(producer, -1));
        RecordBatchPatch.SealCrc(batch.Span);
        return batch;
    }

    /// <summary>Reads a record of a control batch. False: malformed, or of a type that ends no transaction (Kafka has others, for its own quorum).</summary>
    public static bool TryDecode(in Record record, out ControlRecord control)
    {
        control = default;
        if (record.Key is not { Length: >= KeySize } key || record.Value is not { Length: >= ValueSize } value)
            return false;
        var type = (ControlRecordType)BinaryPrimitives.ReadInt16BigEndian(key.Span[2..]);
        if (BinaryPrimitives.ReadInt16BigEndian(key.Span) < 0 || BinaryPrimitives.ReadInt16BigEndian(value.Span) < 0
            || type is not (ControlRecordType.Abort or ControlRecordType.Commit))
            return false;
        control = new ControlRecord(type, BinaryPrimitives.ReadInt32BigEndian(value.Span[2..]));
        return true;
    }
}

using System.Buffers.Binary;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// Changes a batch in place. <see cref="Place"/> touches only what the CRC leaves out; the others must be followed by <see cref="SealCrc"/>.
/// The span is one whole batch that <see cref="RecordBatchCheck"/> has passed.
/// </summary>
public static class RecordBatchPatch
{
    /// <summary>Sets base offset and leader epoch: all that the log decides at each try to append.</summary>
    public static void Place(Span<byte> batch, long baseOffset, int leaderEpoch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatchHeader.BaseOffsetAt..], baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchHeader.LeaderEpochAt..], leaderEpoch);
    }

    public static void SetIdentity(Span<byte> batch, BatchIdentity identity)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatchHeader.ProducerIdAt..], identity.Producer.Id);
        BinaryPrimitives.WriteInt16BigEndian(batch[RecordBatchHeader.ProducerEpochAt..], identity.Producer.Epoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchHeader.BaseSequenceAt..], identity.BaseSequence);
    }

    /// <summary>Marks the batch as stamped by the log's clock (message.timestamp.type=LogAppendTime): every record then has <paramref name="timestamp"/>, in ms since 1970.</summary>
    public static void SetAppendTime(Span<byte> batch, long timestamp)
    {
        var attributes = BinaryPrimitives.ReadInt16BigEndian(batch[RecordBatchHeader.AttributesAt..]);
        BinaryPrimitives.WriteInt16BigEndian(batch[RecordBatchHeader.AttributesAt..], (short)(attributes | RecordBatchHeader.AppendTimeBit));
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatchHeader.MaxTimestampAt..], timestamp);
    }

    /// <summary>Computes the CRC over everything from the attributes on and stores it.</summary>
    public static void SealCrc(Span<byte> batch) =>
        BinaryPrimitives.WriteUInt32BigEndian(batch[RecordBatchHeader.CrcAt..], Crc32C.Compute(batch[RecordBatchHeader.AttributesAt..]));
}

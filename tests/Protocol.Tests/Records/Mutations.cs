using System.Buffers.Binary;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

/// <summary>Makes malformed batches out of sound ones.</summary>
internal static class Mutations
{
    /// <summary>One to four changes: a bit, a byte, an extreme byte, a part removed, doubled or put in.</summary>
    public static byte[] Apply(Random random, byte[] source)
    {
        var bytes = (byte[])source.Clone();
        for (var changes = random.Next(1, 5); changes > 0 && bytes.Length > 0; changes--)
        {
            var at = random.Next(bytes.Length);
            var end = Math.Min(bytes.Length, at + random.Next(1, 40));
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes[at] = (byte)(random.Next(2) == 0 ? 0xFF : 0x7F);
                    break;
                case 3:
                    bytes = [.. bytes[..at], .. bytes[end..]];
                    break;
                case 4:
                    bytes = [.. bytes[..end], .. bytes[at..]];
                    break;
                case 5:
                    random.NextBytes(bytes.AsSpan(at, end - at));
                    break;
                default:
                    // Attributes, counts and deltas: what decides how the rest is read.
                    bytes[Math.Min(bytes.Length - 1, random.Next(RecordBatchHeader.AttributesAt, RecordBatchHeader.Size))] = (byte)random.Next(256);
                    break;
            }
        }

        return bytes;
    }

    /// <summary>A batch with a right length and CRC around bytes that claim to be its records.</summary>
    public static byte[] Batch(ReadOnlySpan<byte> payload, int recordCount = 1, int? lastOffsetDelta = null, CompressionCodec codec = CompressionCodec.None)
    {
        var bytes = new byte[RecordBatchHeader.Size + payload.Length];
        new RecordBatchHeader
        {
            SizeInBytes = bytes.Length,
            Magic = RecordBatchHeader.CurrentMagic,
            Attributes = (short)codec,
            LastOffsetDelta = lastOffsetDelta ?? recordCount - 1,
            RecordCount = recordCount,
        }.Write(bytes);
        payload.CopyTo(bytes.AsSpan(RecordBatchHeader.Size));
        RecordBatchPatch.SealCrc(bytes);
        return bytes;
    }

    /// <summary>Sets length and CRC to what the bytes now are, so that reading goes past them.</summary>
    public static byte[] Reseal(byte[] bytes)
    {
        if (bytes.Length < RecordBatchHeader.Size)
            return bytes;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(RecordBatchHeader.LengthAt), bytes.Length - RecordBatchHeader.LogOverhead);
        RecordBatchPatch.SealCrc(bytes);
        return bytes;
    }
}

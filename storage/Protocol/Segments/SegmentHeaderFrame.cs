using System.Buffers.Binary;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Segments;

/// <summary>
/// The first frame of every segment: enough to rebuild a partition's chain from its blobs alone when the tables are lost.
/// </summary>
/// <remarks>
/// 100 bytes, big-endian: marker 8 · format version 2 · reserved 2 · topic id 16 · partition 4 · segment id 16 · base offset 8 · leader epoch 4 ·
/// predecessor's segment id 16 (zero: none) · created, ms since 1970, 8 · reserved 12 · CRC-32C of all before it 4.
/// The marker's first byte is above 0x7F, where a batch has the highest byte of a base offset, which is never negative: at a frame's beginning the two cannot be confused.
/// </remarks>
public readonly record struct SegmentHeaderFrame(
    TopicPartition TopicPartition, SegmentId Segment, long BaseOffset, int LeaderEpoch, SegmentId Predecessor, long CreatedAt)
{
    public const int Size = 100;
    public const short FormatVersion = 1;

    internal static ReadOnlySpan<byte> Marker => [0x8D, (byte)'M', (byte)'L', (byte)'H', (byte)'E', (byte)'A', (byte)'D', 0x1A];

    public void Write(Span<byte> frame)
    {
        frame = frame[..Size];
        frame.Clear();
        Marker.CopyTo(frame);
        BinaryPrimitives.WriteInt16BigEndian(frame[8..], FormatVersion);
        TopicPartition.Topic.Value.TryWriteBytes(frame[12..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(frame[28..], TopicPartition.Partition);
        Segment.Value.TryWriteBytes(frame[32..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(frame[48..], BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(frame[56..], LeaderEpoch);
        Predecessor.Value.TryWriteBytes(frame[60..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(frame[76..], CreatedAt);
        BinaryPrimitives.WriteUInt32BigEndian(frame[96..], Crc32C.Compute(frame[..96]));
    }

    public byte[] ToArray()
    {
        var frame = new byte[Size];
        Write(frame);
        return frame;
    }

    /// <summary>False: not a header frame of this format version, or damaged.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out SegmentHeaderFrame frame)
    {
        frame = default;
        if (bytes.Length < Size || !bytes.StartsWith(Marker) || BinaryPrimitives.ReadInt16BigEndian(bytes[8..]) != FormatVersion
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[96..]) != Crc32C.Compute(bytes[..96]))
            return false;
        frame = new SegmentHeaderFrame(
            new TopicPartition(new TopicId(new Guid(bytes.Slice(12, 16), bigEndian: true)), BinaryPrimitives.ReadInt32BigEndian(bytes[28..])),
            new SegmentId(new Guid(bytes.Slice(32, 16), bigEndian: true)),
            BinaryPrimitives.ReadInt64BigEndian(bytes[48..]),
            BinaryPrimitives.ReadInt32BigEndian(bytes[56..]),
            new SegmentId(new Guid(bytes.Slice(60, 16), bigEndian: true)),
            BinaryPrimitives.ReadInt64BigEndian(bytes[76..]));
        return true;
    }
}

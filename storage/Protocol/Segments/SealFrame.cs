using System.Buffers.Binary;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Segments;

/// <summary>
/// The last frame of a closed copy of a segment. It is just another appended frame, so the append-position condition makes every
/// writer read it before it could append anything: a seal stops all writers for good without any lease.
/// </summary>
/// <remarks>
/// 44 bytes, big-endian: marker 8 · segment id 16 · position at which it stands 8 · log end offset there 8 · CRC-32C of all before it 4.
/// It must stay below 61 bytes, the smallest batch, so that a batch's length never claims a batch that is not there, and it is a seal only
/// where a frame begins and only with this segment's id and its own position: the same bytes inside a record are a record.
/// </remarks>
public readonly record struct SealFrame(SegmentId Segment, long Position, long EndOffset)
{
    public const int Size = 44;

    public static ReadOnlySpan<byte> Marker => [0x8D, (byte)'M', (byte)'L', (byte)'S', (byte)'E', (byte)'A', (byte)'L', 0x1A];

    public void Write(Span<byte> frame)
    {
        Marker.CopyTo(frame);
        Segment.Value.TryWriteBytes(frame[8..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(frame[24..], Position);
        BinaryPrimitives.WriteInt64BigEndian(frame[32..], EndOffset);
        BinaryPrimitives.WriteUInt32BigEndian(frame[40..], Crc32C.Compute(frame[..40]));
    }

    public byte[] ToArray()
    {
        var frame = new byte[Size];
        Write(frame);
        return frame;
    }

    /// <summary>False: no seal, or a damaged one. The caller compares segment and position with where it reads.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out SealFrame frame)
    {
        frame = default;
        if (bytes.Length < Size || !bytes.StartsWith(Marker) || BinaryPrimitives.ReadUInt32BigEndian(bytes[40..]) != Crc32C.Compute(bytes[..40]))
            return false;
        frame = new SealFrame(
            new SegmentId(new Guid(bytes.Slice(8, 16), bigEndian: true)),
            BinaryPrimitives.ReadInt64BigEndian(bytes[24..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[32..]));
        return true;
    }
}

using System.Buffers.Binary;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Engine.Log;

/// <summary>
/// All that was known of an active segment at one position, so that an instance that opens the partition reads only what follows. Derived; losing it costs time and
/// nothing else. It names the segment and the position that it stands for (R8) and is used for no other.
/// </summary>
/// <remarks>
/// Marker 8 · format 2 · segment id 16 · position 8 · next offset 8 · largest timestamp 8 · last leader epoch 4 · index length 4 · index · producers length 4 · producers ·
/// CRC-32C of all before it 4. Big-endian.
/// </remarks>
internal sealed record Checkpoint(SegmentId Segment, long Position, long NextOffset, long MaxTimestamp, int LeaderEpoch, OffsetIndex Index, ProducerState Producers)
{
    public const short FormatVersion = 1;

    private const int FixedBytes = 8 + 2 + 16 + 8 + 8 + 8 + 4;

    private static ReadOnlySpan<byte> Marker => [0x8D, (byte)'M', (byte)'L', (byte)'C', (byte)'K', (byte)'P', (byte)'T', 0x1A];

    public byte[] Encode()
    {
        var index = Index.Encode();
        var producers = Producers.Encode();
        var bytes = new byte[FixedBytes + 4 + index.Length + 4 + producers.Length + 4];
        Marker.CopyTo(bytes);
        var span = bytes.AsSpan();
        BinaryPrimitives.WriteInt16BigEndian(span[8..], FormatVersion);
        Segment.Value.TryWriteBytes(span[10..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(span[26..], Position);
        BinaryPrimitives.WriteInt64BigEndian(span[34..], NextOffset);
        BinaryPrimitives.WriteInt64BigEndian(span[42..], MaxTimestamp);
        BinaryPrimitives.WriteInt32BigEndian(span[50..], LeaderEpoch);
        span = span[FixedBytes..];
        BinaryPrimitives.WriteInt32BigEndian(span, index.Length);
        index.CopyTo(span[4..]);
        span = span[(4 + index.Length)..];
        BinaryPrimitives.WriteInt32BigEndian(span, producers.Length);
        producers.CopyTo(span[4..]);
        BinaryPrimitives.WriteUInt32BigEndian(span[(4 + producers.Length)..], Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4)));
        return bytes;
    }

    /// <summary>Null: damaged, or of another format. Bounded by the input's length; never throws.</summary>
    public static Checkpoint? Decode(ReadOnlySpan<byte> bytes, TimeSpan producerExpiry)
    {
        if (bytes.Length < FixedBytes + 12 || !bytes.StartsWith(Marker) || BinaryPrimitives.ReadInt16BigEndian(bytes[8..]) != FormatVersion
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[^4..]) != Crc32C.Compute(bytes[..^4]))
            return null;
        var rest = bytes[FixedBytes..^4];
        if (!TryTake(ref rest, out var index) || !TryTake(ref rest, out var producers) || !rest.IsEmpty)
            return null;
        if (OffsetIndex.Decode(index) is not { } points || ProducerState.Decode(producers, producerExpiry) is not { } state)
            return null;
        var position = BinaryPrimitives.ReadInt64BigEndian(bytes[26..]);
        var nextOffset = BinaryPrimitives.ReadInt64BigEndian(bytes[34..]);
        // Whoever wrote it has read the header, and indexed all that it knows. An index of less would never grow again.
        if (position < SegmentHeaderFrame.Size || nextOffset < 0 || points.CoveredPosition != position)
            return null;
        return new Checkpoint(
            new SegmentId(new Guid(bytes.Slice(10, 16), bigEndian: true)),
            position,
            nextOffset,
            BinaryPrimitives.ReadInt64BigEndian(bytes[42..]),
            BinaryPrimitives.ReadInt32BigEndian(bytes[50..]),
            points,
            state);
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> part)
    {
        part = default;
        if (rest.Length < 4)
            return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(rest);
        if (length < 0 || length > rest.Length - 4)
            return false;
        part = rest.Slice(4, length);
        rest = rest[(4 + length)..];
        return true;
    }
}

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Segments;

/// <summary>
/// What stands behind the batches of a rewritten segment: all that a reader needs to find its way in them with one read, and enough to repair the chain from the
/// objects alone. The three sections are opaque here; <c>storage/FORMAT.md</c> says what is in them.
/// </summary>
/// <remarks>
/// Big-endian: marker 8 · topic id 16 · partition 4 · segment id 16 · base offset 8 · end offset 8 · bytes 8 · largest timestamp 8 · leader epoch 4 · batches 8 · records 8 ·
/// CRC-32C of the batches 4 · three sections, each length 4 and content: offset index, aborted transactions, producers · trailer. The trailer, 20 bytes: CRC-32C of the
/// footer before it 4 · length of the whole footer 4 · format version 2 · reserved 2 · marker 8. The marker's first byte is above 0x7F: no batch begins like that.
/// Every footer has one encoding: what is read and written again is the same bytes.
/// </remarks>
public sealed record SegmentFooter(
    SegmentSummary Summary, ReadOnlyMemory<byte> OffsetIndex, ReadOnlyMemory<byte> AbortedTransactions, ReadOnlyMemory<byte> Producers)
{
    public const short FormatVersion = 1;

    /// <summary>The last bytes of the object: they tell the footer's length to who knows nothing else.</summary>
    public const int TrailerSize = 20;

    private const int SummarySize = 100;
    private const int MinSize = SummarySize + (3 * 4) + TrailerSize;

    private static ReadOnlySpan<byte> Marker => [0x8D, (byte)'M', (byte)'L', (byte)'F', (byte)'O', (byte)'O', (byte)'T', 0x1A];

    private static ReadOnlySpan<byte> EndMarker => [0x8D, (byte)'M', (byte)'L', (byte)'S', (byte)'E', (byte)'G', (byte)'M', 0x1A];

    public byte[] Encode()
    {
        var bytes = new byte[checked(MinSize + OffsetIndex.Length + AbortedTransactions.Length + Producers.Length)];
        WriteSummary(bytes);
        var rest = bytes.AsSpan(SummarySize);
        Put(ref rest, OffsetIndex.Span);
        Put(ref rest, AbortedTransactions.Span);
        Put(ref rest, Producers.Span);
        BinaryPrimitives.WriteUInt32BigEndian(rest, Crc32C.Compute(bytes.AsSpan(0, bytes.Length - TrailerSize)));
        BinaryPrimitives.WriteInt32BigEndian(rest[4..], bytes.Length);
        BinaryPrimitives.WriteInt16BigEndian(rest[8..], FormatVersion);
        EndMarker.CopyTo(rest[12..]);
        return bytes;
    }

    /// <summary>
    /// How long the footer is that ends with <paramref name="end"/>, the last bytes of an object. False: there is none of this format version. What is said is to be
    /// believed only once the footer itself was read.
    /// </summary>
    public static bool TryReadTrailer(ReadOnlySpan<byte> end, out int footerBytes)
    {
        footerBytes = 0;
        if (end.Length < TrailerSize)
            return false;
        var trailer = end[^TrailerSize..];
        if (!trailer[12..].SequenceEqual(EndMarker) || BinaryPrimitives.ReadInt16BigEndian(trailer[8..]) != FormatVersion
            || BinaryPrimitives.ReadInt16BigEndian(trailer[10..]) != 0)
            return false;
        footerBytes = BinaryPrimitives.ReadInt32BigEndian(trailer[4..]);
        return footerBytes >= MinSize;
    }

    /// <summary>
    /// Reads a footer, exactly its bytes. The sections are slices of them. False: damaged, or of another format version. Never throws; what it allocates does not
    /// depend on the input.
    /// </summary>
    public static bool TryDecode(ReadOnlyMemory<byte> footer, [NotNullWhen(true)] out SegmentFooter? decoded)
    {
        decoded = null;
        var bytes = footer.Span;
        if (!TryReadTrailer(bytes, out var length) || length != bytes.Length || !bytes.StartsWith(Marker)
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[^TrailerSize..]) != Crc32C.Compute(bytes[..^TrailerSize]))
            return false;
        var rest = footer[SummarySize..^TrailerSize];
        if (!TryTake(ref rest, out var index) || !TryTake(ref rest, out var aborted) || !TryTake(ref rest, out var producers) || !rest.IsEmpty)
            return false;
        var summary = ReadSummary(bytes);
        if (summary.TopicPartition.Partition < 0 || summary.BaseOffset < 0 || summary.EndOffset <= summary.BaseOffset || summary.Bytes < 0
            || summary.BatchCount < 0 || summary.RecordCount < 0)
            return false;
        decoded = new SegmentFooter(summary, index, aborted, producers);
        return true;
    }

    private void WriteSummary(Span<byte> bytes)
    {
        Marker.CopyTo(bytes);
        Summary.TopicPartition.Topic.Value.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(bytes[24..], Summary.TopicPartition.Partition);
        Summary.Segment.Value.TryWriteBytes(bytes[28..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes[44..], Summary.BaseOffset);
        BinaryPrimitives.WriteInt64BigEndian(bytes[52..], Summary.EndOffset);
        BinaryPrimitives.WriteInt64BigEndian(bytes[60..], Summary.Bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes[68..], Summary.MaxTimestamp);
        BinaryPrimitives.WriteInt32BigEndian(bytes[76..], Summary.LeaderEpoch);
        BinaryPrimitives.WriteInt64BigEndian(bytes[80..], Summary.BatchCount);
        BinaryPrimitives.WriteInt64BigEndian(bytes[88..], Summary.RecordCount);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[96..], Summary.Crc);
    }

    private static SegmentSummary ReadSummary(ReadOnlySpan<byte> bytes) => new(
        new TopicPartition(new TopicId(new Guid(bytes.Slice(8, 16), bigEndian: true)), BinaryPrimitives.ReadInt32BigEndian(bytes[24..])),
        new SegmentId(new Guid(bytes.Slice(28, 16), bigEndian: true)),
        BinaryPrimitives.ReadInt64BigEndian(bytes[44..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[52..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[60..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[68..]),
        BinaryPrimitives.ReadInt32BigEndian(bytes[76..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[80..]),
        BinaryPrimitives.ReadInt64BigEndian(bytes[88..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[96..]));

    private static void Put(ref Span<byte> rest, ReadOnlySpan<byte> section)
    {
        BinaryPrimitives.WriteInt32BigEndian(rest, section.Length);
        section.CopyTo(rest[4..]);
        rest = rest[(4 + section.Length)..];
    }

    private static bool TryTake(ref ReadOnlyMemory<byte> rest, out ReadOnlyMemory<byte> section)
    {
        section = default;
        if (rest.Length < 4)
            return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(rest.Span);
        if (length < 0 || length > rest.Length - 4)
            return false;
        section = rest.Slice(4, length);
        rest = rest[(4 + length)..];
        return true;
    }
}

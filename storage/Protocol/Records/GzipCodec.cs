using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace ManagedLog.Protocol.Records;

/// <summary>Gzip (RFC 1952), by the framework. The checksum of each member is verified; that the last member is whole is known only from the records in it.</summary>
internal static class GzipCodec
{
    private const int MinBufferSize = 256;

    /// <summary>The size that a stream claims is believed for the first buffer up to this many times its own; beyond, the buffer grows with what really comes.</summary>
    private const int BelievedExpansion = 16;

    public static bool TryCompress(ReadOnlySpan<byte> records, int room, out Memory<byte> compressed)
    {
        var target = new MemoryStream(room + (records.Length / 2));
        target.SetLength(room);
        target.Position = room;
        using (var gzip = new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(records);
        compressed = target.GetBuffer().AsMemory(0, (int)target.Length);
        return compressed.Length - room < records.Length;
    }

    public static BatchDefect TryDecompress(ReadOnlyMemory<byte> compressed, int maxSize, out ReadOnlyMemory<byte> records)
    {
        try
        {
            return Inflate(compressed, maxSize, out records);
        }
        catch (InvalidDataException)
        {
            records = default;
            return BatchDefect.Compression;
        }
    }

    private static BatchDefect Inflate(ReadOnlyMemory<byte> compressed, int maxSize, out ReadOnlyMemory<byte> records)
    {
        records = default;
        using var gzip = new GZipStream(StreamOver(compressed), CompressionMode.Decompress);
        var buffer = GC.AllocateUninitializedArray<byte>(FirstBufferSize(compressed.Span, maxSize));
        // One byte at a full buffer tells the end from more to come, before anything larger is allocated.
        Span<byte> probe = stackalloc byte[1];
        var size = 0;
        while (true)
        {
            var isFull = size == buffer.Length;
            var count = gzip.Read(isFull ? probe : buffer.AsSpan(size));
            if (count == 0)
                break;
            if (isFull && size == maxSize)
                return BatchDefect.DecompressedSize;
            if (isFull)
            {
                Array.Resize(ref buffer, (int)Math.Min(maxSize, Math.Max(MinBufferSize, 2L * size)));
                buffer[size] = probe[0];
            }

            size += count;
        }

        records = buffer.AsMemory(0, size);
        return BatchDefect.None;
    }

    /// <summary>The last four bytes of a gzip stream are its decompressed size modulo 2³², if it is honest and has one member.</summary>
    private static int FirstBufferSize(ReadOnlySpan<byte> compressed, int maxSize)
    {
        var claimed = compressed.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(compressed[^4..]);
        var believed = Math.Min(claimed, BelievedExpansion * (long)compressed.Length);
        return (int)Math.Min(maxSize, Math.Max(MinBufferSize, believed));
    }

    private static MemoryStream StreamOver(ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out var array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(bytes.ToArray(), writable: false);
}

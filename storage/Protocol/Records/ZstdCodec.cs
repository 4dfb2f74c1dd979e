using ZstdSharp;

namespace ManagedLog.Protocol.Records;

/// <summary>
/// Zstandard (RFC 8878), by a port of its library. Written is one frame that says how large its content is; read are one or more. A checksum, where a frame has one, is verified.
/// Frames are decompressed at once and never as a stream, so the window that a frame asks for takes no memory.
/// </summary>
internal static class ZstdCodec
{
    /// <summary>What Kafka's clients use too.</summary>
    private const int Level = 3;

    private const int MinBufferSize = 4096;

    /// <summary>What a stream may become by its headers is believed for the first try up to this many times its own size; beyond, each further try has four times the room.</summary>
    private const int BelievedExpansion = 16;

    private const int Growth = 4;

    /// <summary>
    /// One for each thread, which keeps nothing from one call to the next but its 100 KB outside of the managed heap: to make one takes longer than a small batch does. Static all the same,
    /// because who reads batches is a pure function and has nowhere to keep it.
    /// </summary>
    [ThreadStatic]
    private static Decompressor? s_decompressor;

    public static bool TryCompress(ReadOnlySpan<byte> records, int room, out Memory<byte> compressed)
    {
        compressed = default;
        if (records.Length <= 1)
            return false;
        // One byte less than would be no gain.
        var target = GC.AllocateUninitializedArray<byte>(room + records.Length - 1);
        using var compressor = new Compressor(Level);
        if (!compressor.TryWrap(records, target.AsSpan(room), out var size))
            return false;
        compressed = target.AsMemory(0, room + size);
        return true;
    }

    public static BatchDefect TryDecompress(ReadOnlySpan<byte> compressed, int maxSize, out ReadOnlyMemory<byte> records)
    {
        records = default;
        if (compressed.IsEmpty)
            return BatchDefect.Compression;
        try
        {
            return Decompress(compressed, maxSize, out records);
        }
        catch (ZstdException)
        {
            return BatchDefect.Compression;
        }
    }

    private static BatchDefect Decompress(ReadOnlySpan<byte> compressed, int maxSize, out ReadOnlyMemory<byte> records)
    {
        records = default;
        // Exact where the frames tell their size, otherwise 128 KiB for each block.
        var bound = Decompressor.GetDecompressedSize(compressed);
        var most = (int)Math.Min(bound, (ulong)maxSize);
        var size = (int)Math.Min(most, Math.Max(MinBufferSize, BelievedExpansion * (long)compressed.Length));
        var decompressor = s_decompressor ??= new Decompressor();
        while (true)
        {
            var buffer = GC.AllocateUninitializedArray<byte>(size);
            if (decompressor.TryUnwrap(compressed, buffer, out var written))
            {
                // What was taken too much is not kept as long as the records are.
                records = written < size / 4 * 3 ? buffer.AsSpan(0, written).ToArray() : buffer.AsMemory(0, written);
                return BatchDefect.None;
            }

            if (size == most)
                return bound > (ulong)maxSize ? BatchDefect.DecompressedSize : BatchDefect.Compression;
            size = (int)Math.Min(most, (long)Growth * size);
        }
    }
}

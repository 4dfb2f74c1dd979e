namespace ManagedLog.Protocol.Records;

/// <summary>The codecs that this log reads and writes.</summary>
public static class Compression
{
    public static bool IsSupported(CompressionCodec codec) => codec is CompressionCodec.None;

    internal static bool TryCompress(CompressionCodec codec, ReadOnlyMemory<byte> records, int roomBefore, out Memory<byte> batch)
    {
        batch = default;
        return false;
    }

    internal static BatchDefect TryDecompress(CompressionCodec codec, ReadOnlyMemory<byte> compressed, int maxDecompressedBytes, out ReadOnlyMemory<byte> records)
    {
        records = default;
        return BatchDefect.UnsupportedCodec;
    }
}

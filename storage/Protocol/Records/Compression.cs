namespace ManagedLog.Protocol.Records;

/// <summary>
/// The codecs that this log reads and writes: all that Kafka's format has. Only the records of a batch are compressed, as one stream; its header never is.
/// </summary>
public static class Compression
{
    public static bool IsSupported(CompressionCodec codec) => codec is >= CompressionCodec.None and <= CompressionCodec.Zstd;

    /// <summary>Compresses into a new buffer with <paramref name="room"/> bytes left free before. False: that would not be smaller than the records are.</summary>
    internal static bool TryCompress(CompressionCodec codec, ReadOnlySpan<byte> records, int room, out Memory<byte> compressed) => codec switch
    {
        CompressionCodec.Gzip => GzipCodec.TryCompress(records, room, out compressed),
        CompressionCodec.Snappy => SnappyCodec.TryCompress(records, room, out compressed),
        CompressionCodec.Lz4 => Lz4Codec.TryCompress(records, room, out compressed),
        CompressionCodec.Zstd => ZstdCodec.TryCompress(records, room, out compressed),
        CompressionCodec.None or _ => throw new ArgumentOutOfRangeException(nameof(codec), codec, "Not a codec to compress with."),
    };

    /// <summary>Decompresses without ever making more than <paramref name="maxSize"/> bytes, and allocates at most about three times that. Never throws on any content.</summary>
    internal static BatchDefect TryDecompress(CompressionCodec codec, ReadOnlyMemory<byte> compressed, int maxSize, out ReadOnlyMemory<byte> records)
    {
        switch (codec)
        {
            case CompressionCodec.None:
                records = compressed;
                return BatchDefect.None;
            case CompressionCodec.Gzip:
                return GzipCodec.TryDecompress(compressed, maxSize, out records);
            case CompressionCodec.Snappy:
                return SnappyCodec.TryDecompress(compressed.Span, maxSize, out records);
            case CompressionCodec.Lz4:
                return Lz4Codec.TryDecompress(compressed.Span, maxSize, out records);
            case CompressionCodec.Zstd:
                return ZstdCodec.TryDecompress(compressed.Span, maxSize, out records);
            default:
                records = default;
                return BatchDefect.UnsupportedCodec;
        }
    }
}

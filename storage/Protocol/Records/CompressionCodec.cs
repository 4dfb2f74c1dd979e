namespace ManagedLog.Protocol.Records;

/// <summary>The three low bits of a batch's attributes.</summary>
public enum CompressionCodec
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}

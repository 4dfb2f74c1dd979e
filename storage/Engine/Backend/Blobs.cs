namespace ManagedLog.Engine.Backend;

/// <summary>
/// Bytes of a blob from one read. <paramref name="Content"/> is shorter than asked for only where the blob ended; it is not changed after the call
/// and may be kept. <paramref name="BlobLength"/> is the whole blob's length at the moment of the read.
/// </summary>
public readonly record struct BlobRange(ReadOnlyMemory<byte> Content, long BlobLength);

public enum BlobKind
{
    Append = 0,
    Block,
}

/// <summary>What is known of a blob without reading it. Times are the storage service's.</summary>
public readonly record struct BlobProperties(BlobKind Kind, long Length, ETag ETag, DateTimeOffset LastModified);

public readonly record struct BlobListing(string Name, BlobProperties Properties);

/// <summary>One page, ordered by name. No continuation: the last one.</summary>
public sealed record BlobPage(IReadOnlyList<BlobListing> Blobs, string? Continuation);

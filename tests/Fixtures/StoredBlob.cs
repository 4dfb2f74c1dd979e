using ManagedLog.Engine.Backend;

namespace ManagedLog.Fixtures;

/// <summary>A blob as it stands, with the blocks of which it was made: how many an append blob has decides when it is full.</summary>
internal sealed record StoredBlob(string Name, BlobKind Kind, IReadOnlyList<byte[]> Blocks)
{
    public long Length => Blocks.Sum(block => (long)block.Length);

    public byte[] Content => [.. Blocks.SelectMany(block => block)];
}

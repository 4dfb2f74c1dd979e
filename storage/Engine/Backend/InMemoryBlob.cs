using System.Runtime.InteropServices;

namespace ManagedLog.Engine.Backend;

/// <summary>
/// One blob of the twin: its blocks as they came, never copied again, so that a range within one block is a slice of it and a long blob
/// costs its bytes once. Not thread-safe; its owner's lock guards it.
/// </summary>
internal sealed class InMemoryBlob(BlobKind kind)
{
    private readonly List<byte[]> _blocks = [];

    // Position after each block: the block of a position is found by binary search.
    private readonly List<long> _ends = [];

    public BlobKind Kind { get; } = kind;

    public ETag ETag { get; private set; }

    public DateTimeOffset LastModified { get; private set; }

    /// <summary>The lease that was taken last and not released, active or run out; null if there is none.</summary>
    public InMemoryLease? Lease { get; set; }

    public int BlockCount => _blocks.Count;

    public long Length => _ends.Count == 0 ? 0 : _ends[^1];

    public BlobProperties Properties => new(Kind, Length, ETag, LastModified);

    /// <summary>Takes the array over: nobody may change it afterwards.</summary>
    public void Add(byte[] block)
    {
        if (block.Length == 0)
            return;
        _blocks.Add(block);
        _ends.Add(Length + block.Length);
    }

    /// <summary>Notes a change. A lease that has run out cannot be renewed after it.</summary>
    public void Touch(ETag etag, DateTimeOffset now)
    {
        ETag = etag;
        LastModified = now;
        if (Lease is { } lease && !lease.IsActive(now))
            Lease = null;
    }

    public ReadOnlyMemory<byte> Read(long position, int count)
    {
        var available = (int)Math.Clamp(Length - position, 0, count);
        if (available == 0)
            return default;

        var index = BlockAt(position);
        var skip = (int)(position - Start(index));
        if (_blocks[index].Length - skip >= available)
            return _blocks[index].AsMemory(skip, available);

        var content = GC.AllocateUninitializedArray<byte>(available);
        for (var filled = 0; filled < available; index++, skip = 0)
        {
            var part = _blocks[index].AsSpan(skip, Math.Min(_blocks[index].Length - skip, available - filled));
            part.CopyTo(content.AsSpan(filled));
            filled += part.Length;
        }

        return content;
    }

    private long Start(int index) => _ends[index] - _blocks[index].Length;

    private int BlockAt(long position)
    {
        // The first block that ends after the position: blocks are never empty, so ends are strictly increasing.
        var found = CollectionsMarshal.AsSpan(_ends).BinarySearch(position + 1);
        return found >= 0 ? found : ~found;
    }
}

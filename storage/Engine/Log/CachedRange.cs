namespace ManagedLog.Engine.Log;

/// <summary>
/// Contiguous bytes of one blob in memory. Either memory that somebody handed over, as it is, or a buffer of its own that grows at its end. Bytes that were handed out are never
/// written again. Not safe for concurrent use; the cache's lock guards it.
/// </summary>
internal sealed class CachedRange
{
    private const int SmallestBuffer = 4 * 1024;

    private readonly ReadOnlyMemory<byte> _given;
    private byte[]? _own;

    private CachedRange(string blob, long start, int length, ReadOnlyMemory<byte> given, byte[]? own)
    {
        Blob = blob;
        Start = start;
        End = start + length;
        _given = given;
        _own = own;
        Node = new LinkedListNode<CachedRange>(this);
    }

    public string Blob { get; }

    public long Start { get; }

    public long End { get; private set; }

    public LinkedListNode<CachedRange> Node { get; }

    /// <summary>What it takes in memory.</summary>
    public int HeldBytes => _own?.Length ?? _given.Length;

    /// <summary>Takes the memory over.</summary>
    public static CachedRange Adopt(string blob, long start, ReadOnlyMemory<byte> bytes) => new(blob, start, bytes.Length, bytes, null);

    public static CachedRange Copy(string blob, long start, ReadOnlySpan<byte> bytes)
    {
        var own = Allocate(bytes.Length);
        bytes.CopyTo(own);
        return new CachedRange(blob, start, bytes.Length, default, own);
    }

    /// <summary>Whether so many bytes more can be copied in without its becoming larger than <paramref name="most"/>.</summary>
    public bool CanGrow(int by, int most) => _own is not null && End - Start + by <= most;

    public void Grow(ReadOnlySpan<byte> bytes)
    {
        var length = (int)(End - Start);
        if (length + bytes.Length > _own!.Length)
        {
            var larger = Allocate(length + bytes.Length);
            _own.AsSpan(0, length).CopyTo(larger);
            _own = larger;
        }

        bytes.CopyTo(_own.AsSpan(length));
        End += bytes.Length;
    }

    /// <summary>From a position in it up to its end, or to <paramref name="limit"/>.</summary>
    public ReadOnlyMemory<byte> From(long position, long limit)
    {
        var within = (int)(position - Start);
        var length = (int)(Math.Min(End, limit) - position);
        return _own is null ? _given.Slice(within, length) : _own.AsMemory(within, length);
    }

    private static byte[] Allocate(int bytes)
    {
        var size = SmallestBuffer;
        while (size < bytes)
            size *= 2;
        return GC.AllocateUninitializedArray<byte>(size);
    }
}

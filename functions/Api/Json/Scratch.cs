namespace ManagedLog.Functions.Api.Json;

/// <summary>
/// Where the parts of one record are put together while it is read. A piece that was taken stays valid until <see cref="Clear"/>; when the buffer grows, older
/// pieces keep the old one alive.
/// </summary>
internal sealed class Scratch
{
    private const int FirstCapacity = 4096;

    private byte[] _bytes = [];
    private int _used;

    /// <summary>At least <paramref name="count"/> bytes to write to; <see cref="Keep"/> makes the beginning of them permanent.</summary>
    public Span<byte> Reserve(int count)
    {
        if (_bytes.Length - _used < count)
        {
            _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(FirstCapacity, Math.Max(count, _bytes.Length * 2)));
            _used = 0;
        }

        return _bytes.AsSpan(_used);
    }

    /// <summary>The first <paramref name="count"/> bytes of the last reservation.</summary>
    public ReadOnlyMemory<byte> Keep(int count)
    {
        var piece = _bytes.AsMemory(_used, count);
        _used += count;
        return piece;
    }

    public void Clear() => _used = 0;
}

using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ManagedLog.Engine.Log;

/// <summary>
/// The last offset of each key, in one array of fixed size: however many records there are, no more memory, and no object for a key. A key is known by the first 128 bits
/// of its SHA-256, so nobody can choose keys that are taken for one another or that crowd together. Not safe for concurrent use.
/// </summary>
internal sealed class OffsetMap
{
    /// <summary>Hash 16 · offset + 1, 8 (0: free). Open addressing, one slot after the other.</summary>
    public const int SlotBytes = 24;

    private const int SlotWords = SlotBytes / 8;

    private readonly ulong[] _words;
    private readonly uint _slots;

    public OffsetMap(long maxBytes, long mostKeys)
    {
        _slots = (uint)Math.Clamp(Math.Min(maxBytes / SlotBytes, ((mostKeys + 2) / 3 * 4) + 4), 4, Array.MaxLength / SlotWords);
        _words = new ulong[_slots * SlotWords];
        Capacity = (int)(_slots * 3L / 4);
    }

    /// <summary>More keys do not fit: with more, looking one up would take long.</summary>
    public int Capacity { get; }

    public int Count { get; private set; }

    public long SizeInBytes => (long)_words.Length * 8;

    /// <summary>Takes note of a key's offset, which is greater than all before. False: it is another key, and there is no room for it.</summary>
    public bool TryPut(ReadOnlySpan<byte> key, long offset)
    {
        var at = Seek(key, out var high, out var low);
        if (_words[at + 2] == 0)
        {
            if (Count == Capacity)
                return false;
            Count++;
            _words[at] = high;
            _words[at + 1] = low;
        }

        _words[at + 2] = (ulong)offset + 1;
        return true;
    }

    /// <summary>The key's last offset; −1: there is none.</summary>
    public long Find(ReadOnlySpan<byte> key) => (long)_words[Seek(key, out _, out _) + 2] - 1;

    /// <summary>Where the key's slot begins, or the free one that it would take.</summary>
    private uint Seek(ReadOnlySpan<byte> key, out ulong high, out ulong low)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        high = BinaryPrimitives.ReadUInt64BigEndian(hash);
        low = BinaryPrimitives.ReadUInt64BigEndian(hash[8..]);
        var slot = (uint)Math.BigMul(high, _slots, out _);
        while (true)
        {
            var at = slot * SlotWords;
            if (_words[at + 2] == 0 || (_words[at] == high && _words[at + 1] == low))
                return at;
            slot = slot + 1 == _slots ? 0 : slot + 1;
        }
    }
}

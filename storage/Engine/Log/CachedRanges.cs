using System.Runtime.InteropServices;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Ranges of blobs within a fixed budget, least recently used first out. Ranges of one blob never overlap: of what is put in only that is taken which is not there.
/// Not safe for concurrent use; the cache's lock guards it.
/// </summary>
internal sealed class CachedRanges(long budgetBytes)
{
    /// <summary>Small pieces that follow on one another are put together up to this.</summary>
    private const int LargestOwn = 1024 * 1024;

    /// <summary>From this size on memory is kept as it is given; smaller pieces would be too many.</summary>
    private const int SmallestAdopted = 64 * 1024;

    private readonly Dictionary<string, List<CachedRange>> _blobs = [];
    private readonly LinkedList<CachedRange> _recent = new();

    public long HeldBytes { get; private set; }

    /// <summary>Bytes from a position on, up to the end of their range or <paramref name="limit"/>; empty where there are none.</summary>
    public ReadOnlyMemory<byte> Find(string blob, long position, long limit)
    {
        if (RangeAt(blob, position) is not { } range)
            return default;
        Touch(range);
        return range.From(position, limit);
    }

    /// <summary>The same, and no use of them.</summary>
    public ReadOnlyMemory<byte> Peek(string blob, long position, long limit) => RangeAt(blob, position) is { } range ? range.From(position, limit) : default;

    /// <summary>What is missing around a position that is not here: from the end of what comes before it to the beginning of what comes behind it.</summary>
    public (long From, long To) GapAt(string blob, long position)
    {
        if (!_blobs.TryGetValue(blob, out var ranges))
            return (0, long.MaxValue);
        var index = IndexBefore(ranges, position);
        return (index < 0 ? 0 : ranges[index].End, index + 1 < ranges.Count ? ranges[index + 1].Start : long.MaxValue);
    }

    /// <summary>Takes in bytes that stand there for good. The memory must not change any more.</summary>
    public void Put(string blob, long position, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        if (!_blobs.TryGetValue(blob, out var ranges))
            _blobs.Add(blob, ranges = []);
        CachedRange? last = null;
        while (!bytes.IsEmpty)
        {
            var index = IndexBefore(ranges, position);
            int length;
            if (index >= 0 && ranges[index].End > position)
            {
                length = (int)Math.Min(bytes.Length, ranges[index].End - position);
            }
            else
            {
                length = (int)Math.Min(bytes.Length, (index + 1 < ranges.Count ? ranges[index + 1].Start : long.MaxValue) - position);
                last = Insert(blob, ranges, index, position, bytes[..length]);
            }

            position += length;
            bytes = bytes[length..];
        }

        Trim(last);
    }

    private CachedRange? RangeAt(string blob, long position) =>
        _blobs.TryGetValue(blob, out var ranges) && IndexBefore(ranges, position) is >= 0 and var index && ranges[index].End > position ? ranges[index] : null;

    private CachedRange Insert(string blob, List<CachedRange> ranges, int index, long position, ReadOnlyMemory<byte> bytes)
    {
        var isAdopted = IsWorthKeeping(bytes);
        var before = index < 0 ? null : ranges[index];
        if (!isAdopted && before is not null && before.End == position && before.CanGrow(bytes.Length, LargestOwn))
        {
            HeldBytes -= before.HeldBytes;
            before.Grow(bytes.Span);
            HeldBytes += before.HeldBytes;
            Touch(before);
            return before;
        }

        var added = isAdopted ? CachedRange.Adopt(blob, position, bytes) : CachedRange.Copy(blob, position, bytes.Span);
        ranges.Insert(index + 1, added);
        HeldBytes += added.HeldBytes;
        _recent.AddLast(added.Node);
        return added;
    }

    /// <summary>Large enough, and most of the array that it would keep alive.</summary>
    private static bool IsWorthKeeping(ReadOnlyMemory<byte> bytes) =>
        bytes.Length >= SmallestAdopted && (!MemoryMarshal.TryGetArray(bytes, out var array) || array.Array!.Length / 2 <= bytes.Length);

    private void Touch(CachedRange range)
    {
        _recent.Remove(range.Node);
        _recent.AddLast(range.Node);
    }

    private void Trim(CachedRange? keep)
    {
        while (HeldBytes > budgetBytes && _recent.First is { } oldest && oldest.Value != keep)
        {
            var range = oldest.Value;
            var ranges = _blobs[range.Blob];
            ranges.RemoveAt(IndexBefore(ranges, range.Start));
            if (ranges.Count == 0)
                _blobs.Remove(range.Blob);
            _recent.Remove(oldest);
            HeldBytes -= range.HeldBytes;
        }
    }

    /// <summary>The last range that begins at or before the position; −1: none.</summary>
    private static int IndexBefore(List<CachedRange> ranges, long position)
    {
        var low = 0;
        var high = ranges.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ranges[middle].Start <= position)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }
}

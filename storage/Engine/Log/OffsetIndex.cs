namespace ManagedLog.Engine.Log;

/// <summary>
/// Where in one segment a batch begins, for about one batch in every 32 KiB. Derived from the batches and rebuilt by reading them; never more than a hint where to
/// begin to read. Grows at its end only; safe for one that adds and many that look.
/// </summary>
internal sealed class OffsetIndex(long baseOffset, long firstPosition)
{
    private const int IntervalBytes = 32 * 1024;

    private readonly Lock _lock = new();
    private readonly List<(long Offset, long Position)> _entries = [(baseOffset, firstPosition)];

    /// <summary>Everything before this position has been seen.</summary>
    public long CoveredPosition { get; private set; } = firstPosition;

    /// <summary>Takes note of the batch at <paramref name="position"/>; one that was seen before, or does not follow on what was seen, is passed over.</summary>
    public void Add(long batchBaseOffset, long position, int length)
    {
        lock (_lock)
        {
            if (position != CoveredPosition)
                return;
            CoveredPosition = position + length;
            if (position - _entries[^1].Position >= IntervalBytes)
                _entries.Add((batchBaseOffset, position));
        }
    }

    /// <summary>A position where a batch begins, at or before the one that holds <paramref name="offset"/>.</summary>
    public long Floor(long offset)
    {
        lock (_lock)
        {
            var low = 0;
            var high = _entries.Count - 1;
            while (low < high)
            {
                var middle = (low + high + 1) / 2;
                if (_entries[middle].Offset <= offset)
                    low = middle;
                else
                    high = middle - 1;
            }

            return _entries[low].Position;
        }
    }
}

using System.Buffers.Binary;

namespace ManagedLog.Engine.Log;

/// <summary>One point of an index: a batch begins at <paramref name="Position"/> with <paramref name="Offset"/>, and no record before it in the segment is later than <paramref name="MaxTimestampBefore"/>.</summary>
internal readonly record struct IndexPoint(long Offset, long Position, long MaxTimestampBefore);

/// <summary>
/// Where in one segment batches begin, and how late the records before them are, for about one batch in every 32 KiB. Derived from the batches and rebuilt by reading
/// them; never more than a hint where to begin to read. Grows at its end only; safe for one that adds and many that look.
/// </summary>
internal sealed class OffsetIndex
{
    private const int IntervalBytes = 32 * 1024;
    private const int PointBytes = 24;

    private readonly Lock _lock = new();
    private readonly List<IndexPoint> _points;
    private long _maxTimestamp;

    public OffsetIndex(long baseOffset, long firstPosition)
    {
        _points = [new IndexPoint(baseOffset, firstPosition, long.MinValue)];
        CoveredPosition = firstPosition;
        _maxTimestamp = long.MinValue;
    }

    private OffsetIndex(List<IndexPoint> points, long coveredPosition, long maxTimestamp)
    {
        _points = points;
        CoveredPosition = coveredPosition;
        _maxTimestamp = maxTimestamp;
    }

    /// <summary>What it takes in memory follows this.</summary>
    public int PointCount
    {
        get
        {
            lock (_lock)
                return _points.Count;
        }
    }

    /// <summary>Everything before this position has been seen.</summary>
    public long CoveredPosition { get; private set; }

    /// <summary>Takes note of the batch at <paramref name="position"/>; one that was seen before, or does not follow on what was seen, is passed over.</summary>
    public void Add(long batchBaseOffset, long position, int length, long maxTimestamp)
    {
        lock (_lock)
        {
            if (position != CoveredPosition)
                return;
            CoveredPosition = position + length;
            if (position - _points[^1].Position >= IntervalBytes)
                _points.Add(new IndexPoint(batchBaseOffset, position, _maxTimestamp));
            _maxTimestamp = Math.Max(_maxTimestamp, maxTimestamp);
        }
    }

    /// <summary>A position where a batch begins, at or before the one that holds <paramref name="offset"/>.</summary>
    public long Floor(long offset) => Last(point => point.Offset <= offset).Position;

    /// <summary>A position where a batch begins, at or before <paramref name="position"/>, or the first.</summary>
    public long FloorOfPosition(long position) => Last(point => point.Position <= position).Position;

    /// <summary>The offset of the last point at or before <paramref name="position"/>.</summary>
    public long OffsetAt(long position) => Last(point => point.Position <= position).Offset;

    /// <summary>A position where a batch begins, before which all of the offsets below <paramref name="offset"/> stand; null where the points do not tell.</summary>
    public long? Ceiling(long offset)
    {
        lock (_lock)
        {
            var found = LastIndex(point => point.Offset < offset) + 1;
            return found < _points.Count ? _points[found].Position : null;
        }
    }

    /// <summary>A point before which no record is at or after <paramref name="timestamp"/>.</summary>
    public IndexPoint FloorOfTime(long timestamp) => Last(point => point.MaxTimestampBefore < timestamp);

    /// <summary>
    /// No record before From is at or after <paramref name="timestamp"/>. The batch that holds the first one that is begins before To, unless From and To are the same:
    /// then it is not known to be in what was covered.
    /// </summary>
    public (long From, long To) SpanOfTime(long timestamp)
    {
        lock (_lock)
        {
            if (_maxTimestamp < timestamp)
                return (CoveredPosition, CoveredPosition);
            var found = LastIndex(point => point.MaxTimestampBefore < timestamp);
            return (_points[found].Position, found + 1 < _points.Count ? _points[found + 1].Position : CoveredPosition);
        }
    }

    /// <summary>It is an index of exactly the batches between these positions, of a segment that begins with <paramref name="baseOffset"/>; there may be none.</summary>
    public bool Covers(long baseOffset, long firstPosition, long endPosition)
    {
        lock (_lock)
        {
            var isBeforeTheEnd = _points[^1].Position < endPosition || (_points.Count == 1 && endPosition == firstPosition);
            return _points[0].Offset == baseOffset && _points[0].Position == firstPosition && isBeforeTheEnd && CoveredPosition == endPosition;
        }
    }

    /// <summary>Covered position 8 · largest timestamp 8 · points 4, then each: offset 8 · position 8 · largest timestamp before it 8. Big-endian.</summary>
    public byte[] Encode()
    {
        lock (_lock)
        {
            var bytes = new byte[20 + (_points.Count * PointBytes)];
            BinaryPrimitives.WriteInt64BigEndian(bytes, CoveredPosition);
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), _maxTimestamp);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), _points.Count);
            for (var i = 0; i < _points.Count; i++)
            {
                var span = bytes.AsSpan(20 + (i * PointBytes));
                BinaryPrimitives.WriteInt64BigEndian(span, _points[i].Offset);
                BinaryPrimitives.WriteInt64BigEndian(span[8..], _points[i].Position);
                BinaryPrimitives.WriteInt64BigEndian(span[16..], _points[i].MaxTimestampBefore);
            }

            return bytes;
        }
    }

    /// <summary>Null: not an index. Bounded by the input's length; never throws.</summary>
    public static OffsetIndex? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 20 + PointBytes)
            return null;
        var count = BinaryPrimitives.ReadInt32BigEndian(bytes[16..]);
        if (count < 1 || bytes.Length != 20 + ((long)count * PointBytes))
            return null;
        var points = new List<IndexPoint>(count);
        for (var i = 0; i < count; i++)
        {
            var span = bytes[(20 + (i * PointBytes))..];
            var point = new IndexPoint(BinaryPrimitives.ReadInt64BigEndian(span), BinaryPrimitives.ReadInt64BigEndian(span[8..]), BinaryPrimitives.ReadInt64BigEndian(span[16..]));
            if (point.Offset < 0 || point.Position < 0)
                return null;
            if (i > 0 && (point.Offset <= points[^1].Offset || point.Position <= points[^1].Position || point.MaxTimestampBefore < points[^1].MaxTimestampBefore))
                return null;
            points.Add(point);
        }

        var covered = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return points[^1].Position <= covered ? new OffsetIndex(points, covered, BinaryPrimitives.ReadInt64BigEndian(bytes[8..])) : null;
    }

    private IndexPoint Last(Func<IndexPoint, bool> holds)
    {
        lock (_lock)
            return _points[LastIndex(holds)];
    }

    /// <summary>The last point for which <paramref name="holds"/> does, given that it holds for the first and, once it does not, never again.</summary>
    private int LastIndex(Func<IndexPoint, bool> holds)
    {
        var low = 0;
        var high = _points.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (holds(_points[middle]))
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }
}

using ManagedLog.Engine.Log;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Insight;

/// <summary>What one step of a search has found and used so far, and whether it may go on.</summary>
internal sealed class SearchStep(MessageQuery query, SearchLimits limits, TimeProvider time)
{
    private const int YieldBytes = 256 * 1024;

    private readonly long _startedAt = time.GetTimestamp();
    private readonly List<FoundRecord> _matches = [];
    private long _matchBytes;
    private long _yieldedAt;

    public SearchLimits Limits => limits;

    public IReadOnlyList<FoundRecord> Matches => _matches;

    public long Records { get; private set; }

    public long Batches { get; private set; }

    public long Bytes { get; private set; }

    public int Unreadable { get; private set; }

    public int Partitions { get; set; }

    /// <summary>Why nothing more may be begun; null: go on. However little may be used, each step gets a batch, or a partition without any, further.</summary>
    public SearchStop? Stop =>
        _matches.Count >= limits.Matches ? SearchStop.Matches
        : _matchBytes >= SearchLimits.MaxMatchBytes ? SearchStop.Size
        : Bytes >= limits.Bytes && Batches > 0 ? SearchStop.Bytes
        : (Batches > 0 || Partitions > 1) && time.GetElapsedTime(_startedAt) >= limits.Duration ? SearchStop.Time
        : null;

    /// <summary>Takes note of a batch that was passed. Lets others have the thread now and then.</summary>
    public async ValueTask PassAsync(RecordBatchHeader batch)
    {
        Batches++;
        Bytes += batch.SizeInBytes;
        if (Bytes - _yieldedAt < YieldBytes)
            return;
        _yieldedAt = Bytes;
        await Task.Yield();
    }

    /// <summary>The records of a batch that match and lie within the offsets, as long as there is room for them in <paramref name="sink"/>.</summary>
    public void Collect(ReadOnlyMemory<byte> batch, long low, long high, SearchSink sink)
    {
        if (!RecordBatchReader.TryOpen(batch, RecordLimits.MaxDecompressedBytes, out var reader, out _))
        {
            Unreadable++;
            return;
        }

        while (!sink.IsFull && reader.TryReadNext(out var record))
        {
            if (record.Offset < low)
                continue;
            if (record.Offset >= high)
                break;
            Records++;
            if (query.Matches(record))
                sink.Add(record);
        }

        if (reader.Defect != BatchDefect.None)
            Unreadable++;
    }

    public SearchSink NewSink(bool keepsLast) => new(Math.Max(1, limits.Matches - _matches.Count), Math.Max(1, SearchLimits.MaxMatchBytes - _matchBytes), keepsLast);

    public void Take(int partition, Record record)
    {
        _matches.Add(new FoundRecord(partition, record));
        _matchBytes += SearchSink.SizeOf(record);
    }
}

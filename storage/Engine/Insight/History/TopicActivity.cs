using System.Collections.Concurrent;

namespace ManagedLog.Engine.Insight;

/// <summary>What this instance has done to one topic since it started. Only grows; any number of threads may count.</summary>
internal sealed class TopicActivity
{
    private readonly ConcurrentDictionary<int, long> _appended = new();
    private long _recordsIn;
    private long _bytesIn;
    private long _recordsOut;
    private long _bytesOut;
    private long _blobWrites;
    private long _blobReads;
    private long _tableOperations;

    /// <summary>The topic's name; null while only storage was asked for it.</summary>
    public string? Name { get; set; }

    public ActivityAmounts Amounts => new(
        Volatile.Read(ref _recordsIn),
        Volatile.Read(ref _bytesIn),
        Volatile.Read(ref _recordsOut),
        Volatile.Read(ref _bytesOut),
        Volatile.Read(ref _blobWrites),
        Volatile.Read(ref _blobReads),
        Volatile.Read(ref _tableOperations));

    /// <summary>What groups committed of it.</summary>
    public CommitBook Commits { get; } = new();

    /// <summary>Bytes appended by partition.</summary>
    public IReadOnlyDictionary<int, long> Appended => _appended;

    public void Produced(int partition, long records, long bytes)
    {
        Interlocked.Add(ref _recordsIn, records);
        Interlocked.Add(ref _bytesIn, bytes);
        _appended.AddOrUpdate(partition, bytes, (_, before) => before + bytes);
    }

    public void Fetched(long records, long bytes)
    {
        Interlocked.Add(ref _recordsOut, records);
        Interlocked.Add(ref _bytesOut, bytes);
    }

    public void WroteBlob() => Interlocked.Increment(ref _blobWrites);

    public void ReadBlob() => Interlocked.Increment(ref _blobReads);

    public void UsedTable() => Interlocked.Increment(ref _tableOperations);
}

using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Ranges of segments that can never change any more, within a fixed budget, least recently used first out. What this instance appends or reads at a tail goes in directly,
/// so a reader who keeps up costs no storage operation. Many readers that miss the same bytes share one read. Memory that was handed out stays valid and unchanged
/// after it has gone from here.
/// </summary>
internal sealed class ReadCache(IStorageBackend backend, long budgetBytes, LogMeter? meter = null) : ISegmentBytes
{
    /// <summary>Reads begin where a blob is cut by this, and take at least so much, so that readers who begin near one another share them.</summary>
    public const int ChunkBytes = 1024 * 1024;

    /// <summary>The most that one read takes, for a reader that wants as much.</summary>
    public const int LargestLoad = 4 * ChunkBytes;

    private readonly Lock _lock = new();
    private readonly CachedRanges _ranges = new(budgetBytes);
    private readonly Dictionary<(string Blob, long Chunk), Task> _loads = [];
    private readonly int _largestLoad = (int)Math.Clamp(budgetBytes / 4 / ChunkBytes * ChunkBytes, ChunkBytes, LargestLoad);

    /// <summary>Memory held now, in bytes.</summary>
    public long SizeInBytes
    {
        get
        {
            lock (_lock)
                return _ranges.HeldBytes;
        }
    }

    /// <summary>Takes in bytes that stand in <paramref name="blob"/> at <paramref name="position"/> for good. The memory is kept where it is large, so nobody may change it any more.</summary>
    public void Add(string blob, long position, ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
            _ranges.Put(blob, position, bytes);
    }

    /// <inheritdoc/>
    /// <remarks>As many as lie together in memory.</remarks>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(string blob, long position, long limit, long wanted = 1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, limit);
        while (true)
        {
            Task? others;
            Load load;
            lock (_lock)
            {
                if (_ranges.Find(blob, position, limit) is { Length: > 0 } found)
                {
                    meter?.CacheHit();
                    return found;
                }

                load = _loads.TryGetValue((blob, position / ChunkBytes), out others) ? default : Begin(blob, position, limit, wanted);
            }

            if (others is not null)
                await others;
            else
                await RunAsync(load);
        }
    }

    /// <summary>The same if it is in memory, otherwise nothing. Does not count as a use: who only passes by keeps nothing from being replaced.</summary>
    public ReadOnlyMemory<byte> Peek(string blob, long position, long limit)
    {
        lock (_lock)
            return _ranges.Peek(blob, position, limit);
    }

    /// <summary>
    /// Begins to read what a reader will ask for next, while it is busy with what it has. Nobody waits for it but who wants the bytes; if it fails, he reads them himself.
    /// </summary>
    public void ReadAhead(string blob, long position, long limit, long wanted)
    {
        Load load;
        var end = Math.Min(limit, position + wanted);
        lock (_lock)
        {
            while (position < end && _ranges.Find(blob, position, end) is { Length: > 0 } found)
                position += found.Length;
            if (position >= end || _loads.ContainsKey((blob, position / ChunkBytes)))
                return;
            load = Begin(blob, position, limit, wanted);
        }

        _ = TryRunAsync(load);
    }

    /// <summary>Brings the bytes from one position up to another into memory, unless they are there: with one storage operation at most, wherever chunks begin.</summary>
    public async ValueTask PrefetchAsync(string blob, long from, long to)
    {
        lock (_lock)
        {
            var position = from;
            while (position < to && _ranges.Find(blob, position, to) is { Length: > 0 } found)
                position += found.Length;
            if (position >= to)
                return;
        }

        Add(blob, from, await LoadAsync(blob, from, checked((int)(to - from))));
    }

    /// <summary>Under the lock: takes on reading what is missing around a position, as far as nobody else is reading it.</summary>
    private Load Begin(string blob, long position, long limit, long wanted)
    {
        var first = position / ChunkBytes;
        var (gapFrom, gapTo) = _ranges.GapAt(blob, position);
        var from = Math.Max(first * ChunkBytes, gapFrom);
        var last = Math.Min((position + Math.Clamp(wanted, 1, _largestLoad) - 1) / ChunkBytes, first + (_largestLoad / ChunkBytes) - 1);
        var load = new Load(blob, from, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)) { FirstChunk = first };
        var chunk = first;
        for (; chunk <= last && chunk * ChunkBytes < Math.Min(limit, gapTo) && _loads.TryAdd((blob, chunk), load.Done.Task); chunk++)
        {
        }

        return load with { EndChunk = chunk, To = Math.Min(Math.Min(limit, gapTo), chunk * ChunkBytes) };
    }

    private async ValueTask RunAsync(Load load)
    {
        try
        {
            meter?.CacheMiss();
            Add(load.Blob, load.From, await LoadAsync(load.Blob, load.From, (int)(load.To - load.From)));
        }
        finally
        {
            lock (_lock)
            {
                for (var chunk = load.FirstChunk; chunk < load.EndChunk; chunk++)
                    _loads.Remove((load.Blob, chunk));
            }

            load.Done.SetResult(); // Whoever waited looks again, and reads for itself if this read failed.
        }
    }

    private async Task TryRunAsync(Load load)
    {
        try
        {
            await RunAsync(load);
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException or BlobMissingException or PartitionBrokenException)
        {
            // Told to whoever asks for the bytes, by his own read.
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> LoadAsync(string blob, long position, int count)
    {
        var outcome = await backend.ReadRangeAsync(blob, position, count, CancellationToken.None);
        return outcome.Status switch
        {
            OutcomeStatus.Done when outcome.Value.Content.Length == count => outcome.Value.Content,
            OutcomeStatus.Done => throw new PartitionBrokenException($"Blob {blob} ends at {outcome.Value.BlobLength}, but its bytes up to {position + count} were known to stand."),
            OutcomeStatus.Missing => throw new BlobMissingException(blob),
            OutcomeStatus.ConditionFailed or OutcomeStatus.Throttled or OutcomeStatus.Unknown => throw new StorageUnavailableException($"Reading {blob} at {position}: {outcome}"),
            _ => throw new InvalidOperationException(outcome.ToString()),
        };
    }

    /// <summary>One read under way: from one position to another, announced under all the chunks that it touches.</summary>
    private readonly record struct Load(string Blob, long From, TaskCompletionSource Done)
    {
        public long To { get; init; }

        public long FirstChunk { get; init; }

        public long EndChunk { get; init; }
    }
}

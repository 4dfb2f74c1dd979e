using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Ranges of segments that can never change any more, within a fixed budget, least recently used first out. Blobs are cut into chunks of 1 MiB; a chunk holds one
/// contiguous range of its bytes. What this instance appends or reads at a tail goes in directly, so a reader who keeps up costs no storage operation.
/// Many readers that miss the same chunk share one read. Memory that was handed out stays valid and unchanged after its chunk has gone.
/// </summary>
internal sealed class ReadCache(IStorageBackend backend, long budgetBytes, LogMeter? meter = null) : ISegmentBytes
{
    public const int ChunkBytes = 1024 * 1024;
    private const int SmallestBuffer = 4 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Blob, long Chunk), Entry> _entries = [];
    private readonly Dictionary<(string Blob, long Chunk), Task> _loads = [];
    private readonly LinkedList<Entry> _recent = new();

    /// <summary>Memory held now, in bytes.</summary>
    public long SizeInBytes { get; private set; }

    /// <summary>
    /// Takes in bytes that stand in <paramref name="blob"/> at <paramref name="position"/> for good. The caller keeps its buffer.
    /// </summary>
    public void Add(string blob, long position, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var within = (int)(position % ChunkBytes);
            var part = bytes[..Math.Min(bytes.Length, ChunkBytes - within)];
            lock (_lock)
                AddToChunk((blob, position / ChunkBytes), within, part);
            position += part.Length;
            bytes = bytes[part.Length..];
        }
    }

    /// <inheritdoc/>
    /// <remarks>Up to the end of their chunk.</remarks>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(string blob, long position, long limit)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, limit);
        var key = (blob, position / ChunkBytes);
        while (true)
        {
            Task? others;
            TaskCompletionSource? mine = null;
            lock (_lock)
            {
                if (Find(key, position, limit) is { Length: > 0 } found)
                {
                    meter?.CacheHit();
                    return found;
                }

                if (!_loads.TryGetValue(key, out others))
                {
                    mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    _loads.Add(key, mine.Task);
                }
            }

            if (mine is null)
            {
                await others!;
                continue;
            }

            try
            {
                meter?.CacheMiss();
                var start = key.Item2 * ChunkBytes;
                Add(blob, start, (await LoadAsync(blob, start, (int)Math.Min(ChunkBytes, limit - start))).Span);
            }
            finally
            {
                lock (_lock)
                    _loads.Remove(key);
                mine.SetResult(); // Whoever waited looks again, and reads for itself if this read failed.
            }
        }
    }

    /// <summary>The same if it is in memory, otherwise nothing. Does not count as a use: who only passes by keeps nothing from being replaced.</summary>
    public ReadOnlyMemory<byte> Peek(string blob, long position, long limit)
    {
        lock (_lock)
        {
            var within = (int)(position % ChunkBytes);
            if (!_entries.TryGetValue((blob, position / ChunkBytes), out var entry) || within < entry.Start || within >= entry.End)
                return default;
            var end = (int)Math.Min(entry.End, limit - (entry.Key.Chunk * ChunkBytes));
            return entry.Buffer.AsMemory(within, end - within);
        }
    }

    /// <summary>Brings the bytes from one position up to another into memory, unless they are there: with one storage operation at most, wherever chunks begin.</summary>
    public async ValueTask PrefetchAsync(string blob, long from, long to)
    {
        lock (_lock)
        {
            var position = from;
            while (position < to && Find((blob, position / ChunkBytes), position, to) is { Length: > 0 } found)
                position += found.Length;
            if (position >= to)
                return;
        }

        Add(blob, from, (await LoadAsync(blob, from, checked((int)(to - from)))).Span);
    }

    private ReadOnlyMemory<byte> Find((string Blob, long Chunk) key, long position, long limit)
    {
        if (!_entries.TryGetValue(key, out var entry))
            return default;
        var within = (int)(position % ChunkBytes);
        if (within < entry.Start || within >= entry.End)
            return default;
        _recent.Remove(entry.Node);
        _recent.AddLast(entry.Node);
        var end = (int)Math.Min(entry.End, limit - (key.Chunk * ChunkBytes));
        return entry.Buffer.AsMemory(within, end - within);
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

    private void AddToChunk((string Blob, long Chunk) key, int within, ReadOnlySpan<byte> bytes)
    {
        var end = within + bytes.Length;
        if (_entries.TryGetValue(key, out var entry))
        {
            if (within >= entry.Start && end <= entry.End)
                return;
            if (within <= entry.End && end >= entry.Start)
            {
                Merge(entry, within, bytes);
                Trim(entry);
                return;
            }

            Remove(entry);
        }

        entry = new Entry(key, Allocate(end), within, end);
        bytes.CopyTo(entry.Buffer.AsSpan(within));
        _entries.Add(key, entry);
        _recent.AddLast(entry.Node);
        SizeInBytes += entry.Buffer.Length;
        Trim(entry);
    }

    /// <summary>The two ranges touch. Bytes that were handed out are never written again: only what lies outside the old range is filled in, or all goes to a new buffer.</summary>
    private void Merge(Entry entry, int within, ReadOnlySpan<byte> bytes)
    {
        var start = Math.Min(entry.Start, within);
        var end = Math.Max(entry.End, within + bytes.Length);
        if (end > entry.Buffer.Length)
        {
            var larger = Allocate(end);
            entry.Buffer.AsSpan(entry.Start, entry.End - entry.Start).CopyTo(larger.AsSpan(entry.Start));
            SizeInBytes += larger.Length - entry.Buffer.Length;
            entry.Buffer = larger;
        }

        if (within < entry.Start)
            bytes[..(entry.Start - within)].CopyTo(entry.Buffer.AsSpan(within));
        if (within + bytes.Length > entry.End)
            bytes[(entry.End - within)..].CopyTo(entry.Buffer.AsSpan(entry.End));
        entry.Start = start;
        entry.End = end;
        _recent.Remove(entry.Node);
        _recent.AddLast(entry.Node);
    }

    private void Trim(Entry keep)
    {
        while (SizeInBytes > budgetBytes && _recent.First is { } oldest && oldest.Value != keep)
            Remove(oldest.Value);
    }

    private void Remove(Entry entry)
    {
        _entries.Remove(entry.Key);
        _recent.Remove(entry.Node);
        SizeInBytes -= entry.Buffer.Length;
    }

    private static byte[] Allocate(int bytes)
    {
        var size = SmallestBuffer;
        while (size < bytes)
            size *= 2;
        return GC.AllocateUninitializedArray<byte>(size);
    }

    private sealed class Entry
    {
        public Entry((string Blob, long Chunk) key, byte[] buffer, int start, int end)
        {
            Key = key;
            Buffer = buffer;
            Start = start;
            End = end;
            Node = new LinkedListNode<Entry>(this);
        }

        public (string Blob, long Chunk) Key { get; }

        public byte[] Buffer { get; set; }

        public int Start { get; set; }

        public int End { get; set; }

        public LinkedListNode<Entry> Node { get; }
    }
}

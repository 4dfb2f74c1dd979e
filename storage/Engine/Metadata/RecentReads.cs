using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// What was read under a name (a topic, an API key), for at most <see cref="EngineOptions.MetadataMaxAge"/> since the read began. Those who miss the same name share one read.
/// That something is not there is never remembered, and nobody is told so by a read that began before they asked.
/// </summary>
internal sealed class RecentReads<T>(EngineOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <param name="read">Called at most once at a time for a name; nobody's cancellation ends it.</param>
    public ValueTask<Result<T>> GetAsync(string name, Func<string, ValueTask<Result<T>>> read, CancellationToken cancellationToken) =>
        _entries.TryGetValue(name, out var entry) && IsFresh(entry) ? ValueTask.FromResult(entry.Reading.Result) : ReadAsync(name, read, cancellationToken);

    /// <summary>What is remembered, without waiting and without allocating.</summary>
    public bool TryRecall(ReadOnlySpan<char> name, [MaybeNullWhen(false)] out T value)
    {
        if (_entries.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var entry) && IsFresh(entry))
        {
            value = entry.Reading.Result.Value;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Whether it was there when it was last read, however long ago, or is being read.</summary>
    public bool WasThere(string name) => _entries.ContainsKey(name);

    /// <summary>What is read from now on is read from storage; a read under way is not remembered.</summary>
    public void Forget(string name)
    {
        lock (_lock)
            _entries.TryRemove(name, out _);
    }

    private async ValueTask<Result<T>> ReadAsync(string name, Func<string, ValueTask<Result<T>>> read, CancellationToken cancellationToken)
    {
        var (entry, isOlder) = Join(name, read);
        var result = await entry.Reading.OrCancelled(cancellationToken);
        if (!isOlder || !result.IsRefused)
            return result;

        // That read may have begun before the topic or the key was created. All who joined it share the next one, which begins after they asked.
        lock (_lock)
            entry = entry.Next ??= Join(name, read).Entry;
        return await entry.Reading.OrCancelled(cancellationToken);
    }

    private (Entry Entry, bool IsOlder) Join(string name, Func<string, ValueTask<Result<T>>> read)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(name, out var entry) && (!entry.Reading.IsCompleted || IsFresh(entry)))
                return (entry, true);
            entry = new Entry(time.GetTimestamp());
            entry.Reading = RunAsync(name, entry, read);
            _entries[name] = entry;
            return (entry, false);
        }
    }

    private async Task<Result<T>> RunAsync(string name, Entry entry, Func<string, ValueTask<Result<T>>> read)
    {
        // Begins after the lock under which it was started has been left.
        await Task.Yield();
        var isFound = false;
        try
        {
            var result = await read(name);
            isFound = !result.IsRefused;
            return result;
        }
        finally
        {
            if (!isFound)
            {
                lock (_lock)
                    _entries.TryRemove(KeyValuePair.Create(name, entry));
            }
        }
    }

    private bool IsFresh(Entry entry) =>
        entry.Reading.IsCompletedSuccessfully && !entry.Reading.Result.IsRefused && time.GetElapsedTime(entry.Began) <= options.MetadataMaxAge;

    private sealed class Entry(long began)
    {
        public long Began { get; } = began;

        public Task<Result<T>> Reading { get; set; } = null!;

        /// <summary>A read that began after this one had ended.</summary>
        public Entry? Next { get; set; }
    }
}

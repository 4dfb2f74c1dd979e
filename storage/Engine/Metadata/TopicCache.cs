using System.Collections.Concurrent;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// Topics as they were read, for at most <see cref="EngineOptions.MetadataMaxAge"/> since the read began. Those who miss the same topic share one read.
/// That a topic is not there is never remembered, and nobody is told so by a read that began before they asked.
/// </summary>
internal sealed class TopicCache(EngineOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <param name="read">Called at most once at a time for a topic; nobody's cancellation ends it.</param>
    public ValueTask<Result<Topic>> GetAsync(string name, Func<string, ValueTask<Result<Topic>>> read, CancellationToken cancellationToken) =>
        _entries.TryGetValue(name, out var entry) && IsFresh(entry) ? ValueTask.FromResult(entry.Reading.Result) : ReadAsync(name, read, cancellationToken);

    /// <summary>What is read from now on is read from storage; a read under way is not remembered.</summary>
    public void Forget(string name)
    {
        lock (_lock)
            _entries.TryRemove(name, out _);
    }

    private async ValueTask<Result<Topic>> ReadAsync(string name, Func<string, ValueTask<Result<Topic>>> read, CancellationToken cancellationToken)
    {
        var (entry, isOlder) = Join(name, read);
        var result = await entry.Reading.OrCancelled(cancellationToken);
        if (!isOlder || !result.IsRefused)
            return result;

        // That read may have begun before the topic was created. All who joined it share the next one, which begins after they asked.
        lock (_lock)
            entry = entry.Next ??= Join(name, read).Entry;
        return await entry.Reading.OrCancelled(cancellationToken);
    }

    private (Entry Entry, bool IsOlder) Join(string name, Func<string, ValueTask<Result<Topic>>> read)
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

    private async Task<Result<Topic>> RunAsync(string name, Entry entry, Func<string, ValueTask<Result<Topic>>> read)
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

        public Task<Result<Topic>> Reading { get; set; } = null!;

        /// <summary>A read that began after this one had ended.</summary>
        public Entry? Next { get; set; }
    }
}

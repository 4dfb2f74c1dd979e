using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// The topics there are, for groups to share out. One list for all groups of an instance, read again when it is <see cref="EngineOptions.GroupTopicsMaxAge"/> old and somebody asks;
/// whoever decides something reads afresh.
/// </summary>
internal sealed class GroupTopics(TopicCatalog catalog, EngineOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private IReadOnlyList<GroupTopic>? _recent;
    private long _readAt;
    private long _changes;
    private long _changesRead;
    private bool _isReading;
    private long _version;

    /// <summary>Grows whenever topics are seen to have appeared, grown or gone.</summary>
    public long Version
    {
        get
        {
            lock (_lock)
                return _version;
        }
    }

    /// <summary>This instance knows that something has changed.</summary>
    public void Changed()
    {
        lock (_lock)
            _changes++;
    }

    /// <summary>What stands now, by name. Refuses with KAFKA_STORAGE_ERROR.</summary>
    public async ValueTask<Result<TopicSet>> ReadAsync(CancellationToken cancellationToken)
    {
        long begunAt;
        long changes;
        lock (_lock)
            (begunAt, changes) = (time.GetTimestamp(), _changes);
        var listed = await catalog.ListAsync(cancellationToken);
        if (listed.IsRefused)
            return listed.Refusal;
        GroupTopic[] topics = [.. listed.Value.Select(topic => new GroupTopic(topic.Id, topic.Name, topic.Partitions))];
        lock (_lock)
        {
            // One that began before the last one tells nothing new; it is still as new as whoever asked for it needs.
            if (_recent is not null && begunAt < _readAt)
                return new TopicSet(topics, _version);
            if (_recent is null || !_recent.SequenceEqual(topics))
                _version++;
            _recent = topics;
            _readAt = begunAt;
            _changesRead = changes;
            return new TopicSet(topics, _version);
        }
    }

    /// <summary>Reads again if that is due and nobody is about to. What comes of it shows in <see cref="Version"/>.</summary>
    public async ValueTask KeepRecentAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isReading || (_recent is not null && _changesRead == _changes && time.GetElapsedTime(_readAt) < options.GroupTopicsMaxAge))
                return;
            _isReading = true;
        }

        try
        {
            await ReadAsync(cancellationToken);
        }
        finally
        {
            lock (_lock)
                _isReading = false;
        }
    }
}

using System.Collections.Concurrent;
using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// By which name a topic is measured. The first <see cref="MaxTopics"/> that this instance serves have their own; all others are <see cref="Other"/>, so that the number of
/// series stays bounded whatever clients create.
/// </summary>
internal sealed class TopicTags
{
    public const int MaxTopics = 100;
    public const string Other = "other";

    private readonly ConcurrentDictionary<TopicId, string> _names = new();
    private readonly Lock _lock = new();

    /// <summary>This instance serves the topic.</summary>
    public void Learn(Topic topic)
    {
        lock (_lock)
        {
            if (_names.Count < MaxTopics)
                _names.TryAdd(topic.Id, topic.Name);
        }
    }

    public string NameOf(TopicId topic) => _names.TryGetValue(topic, out var name) ? name : Other;

    /// <summary>Null: what is called concerns no topic in particular.</summary>
    public string? NameOf(StorageCall call)
    {
        var isRow = call.Verb is StorageVerb.ReadRow or StorageVerb.QueryRows or StorageVerb.CommitRows;
        if (isRow && call.Target != StorageLayout.PartitionsTable)
            return null;
        return StorageLayout.TryParseTopic(isRow ? call.Key : call.Target, out var topic) ? NameOf(topic) : null;
    }
}

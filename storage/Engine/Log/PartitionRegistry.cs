using System.Collections.Concurrent;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>
/// The partitions that this instance has open. One that stopped is opened afresh, from storage alone and under a new producer id, once it has rested a while:
/// what it stopped for may have been this instance's memory and not what is stored.
/// </summary>
internal sealed class PartitionRegistry(PartitionContext context)
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<TopicPartition, PartitionLog> _open = new();
    private readonly Lock _lock = new();

    public PartitionLog Get(Topic topic, int partition)
    {
        var key = topic.At(partition);
        if (_open.TryGetValue(key, out var log) && !HasRested(log))
        {
            log.Configure(topic.Config);
            return log;
        }

        lock (_lock)
        {
            if (_open.TryGetValue(key, out log) && !HasRested(log))
                return log;
            context.Meter?.Learn(topic);
            log = new PartitionLog(context, key, topic.Config);
            _open[key] = log;
            return log;
        }
    }

    /// <summary>One that is open here; null otherwise.</summary>
    public PartitionLog? Find(TopicPartition partition) => _open.GetValueOrDefault(partition);

    /// <summary>All that are open here, as they were last seen.</summary>
    public IEnumerable<(TopicPartition Partition, LogView View)> Seen() => from pair in _open let view = pair.Value.View where view is not null select (pair.Key, view);

    /// <summary>Partitions that are stopped now, and why.</summary>
    public IReadOnlyList<(TopicPartition Partition, Refusal Why)> Stopped() =>
        [.. _open.Where(pair => pair.Value.Stopped is { Code: Protocol.Errors.ErrorCode.KafkaStorageError }).Select(pair => (pair.Key, pair.Value.Stopped!))];

    public void Close(Refusal why)
    {
        foreach (var log in _open.Values)
            log.Close(why);
    }

    private bool HasRested(PartitionLog log) => log.Stopped is not null && context.Time.GetElapsedTime(log.StoppedAt) >= Rest;
}

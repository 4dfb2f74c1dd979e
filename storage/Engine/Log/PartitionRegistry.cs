using System.Collections.Concurrent;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>
/// The partitions that this instance has open. One that stopped is opened afresh, from storage alone and under a new producer id, once it has rested a while:
/// what it stopped for may have been this instance's memory and not what is stored. One that nobody has asked for in a while is forgotten.
/// </summary>
/// <remarks>
/// Forgetting is not stopping: the log is no longer found here, and that is all. Its loop waits for work that nobody can give it and goes with the rest of its memory. Whoever
/// got it just before uses it to the end; if somebody opens the partition anew meanwhile, the two know of each other what two instances do, which is what the protocol is
/// made for. So there is no moment at which a request could be refused for it, and nothing to be agreed upon between those who forget and those who ask.
/// </remarks>
internal sealed class PartitionRegistry(PartitionContext context)
{
    /// <summary>What is idle is looked for so many times in the time after which it is.</summary>
    private const int LooksInIdleTime = 4;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<TopicPartition, PartitionLog> _open = new();
    private readonly Lock _lock = new();
    private long _lookedAt = context.Time.GetTimestamp();
    private long _forgotten;

    /// <summary>How many are open.</summary>
    public int Count => _open.Count;

    /// <summary>How many were forgotten, all times added up.</summary>
    public long Forgotten => Volatile.Read(ref _forgotten);

    public PartitionLog Get(Topic topic, int partition)
    {
        var key = topic.At(partition);
        var now = context.Time.GetTimestamp();
        if (_open.TryGetValue(key, out var log) && !HasRested(log))
        {
            log.UsedAt = now;
            log.Configure(topic.Config);
            ForgetIdle(now);
            return log;
        }

        ForgetIdle(now);
        lock (_lock)
        {
            if (_open.TryGetValue(key, out log) && !HasRested(log))
                return log;
            context.Meter?.Learn(topic);
            log = new PartitionLog(context, key, topic.Config) { UsedAt = now };
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
        [.. _open.Where(pair => IsBroken(pair.Value)).Select(pair => (pair.Key, pair.Value.Stopped!))];

    /// <summary>Lets go of those that nobody has asked for in a while, if it is time to look for them again. Each request does, and each tick, so that it needs no timer.</summary>
    public void ForgetIdle() => ForgetIdle(context.Time.GetTimestamp());

    public void Close(Refusal why)
    {
        foreach (var log in _open.Values)
            log.Close(why);
    }

    private void ForgetIdle(long now)
    {
        var limit = context.Options.PartitionIdleTimeout;
        var lookedAt = Volatile.Read(ref _lookedAt);
        if (limit <= TimeSpan.Zero || context.Time.GetElapsedTime(lookedAt, now) < limit / LooksInIdleTime
            || Interlocked.CompareExchange(ref _lookedAt, now, lookedAt) != lookedAt)
            return;
        foreach (var pair in _open)
        {
            // One that is stopped is what health tells of until somebody asks for it again.
            if (context.Time.GetElapsedTime(pair.Value.UsedAt, now) >= limit && !pair.Value.IsBusy && !IsBroken(pair.Value) && _open.TryRemove(pair))
                Interlocked.Increment(ref _forgotten);
        }
    }

    private static bool IsBroken(PartitionLog log) => log.Stopped is { Code: ErrorCode.KafkaStorageError };

    private bool HasRested(PartitionLog log) => log.Stopped is not null && context.Time.GetElapsedTime(log.StoppedAt) >= Rest;
}

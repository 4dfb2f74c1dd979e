using ManagedLog.Engine.Log;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine;

/// <summary>A place in the queue at the end of one partition. It costs nothing of its own: all who wait at a partition on an instance share one watcher. Leave it by disposing of it.</summary>
public sealed class TailWatch : IDisposable
{
    private readonly TailWaiters _waiters;
    private readonly TailWaiter _waiter;
    private readonly LogMeter? _meter;
    private readonly TopicId _topic;
    private int _left;

    internal TailWatch(TailWaiters waiters, TailWaiter waiter, LogMeter? meter, TopicId topic)
    {
        _waiters = waiters;
        _waiter = waiter;
        _meter = meter;
        _topic = topic;
        meter?.WaitBegins(topic);
    }

    /// <summary>Something stands at the offset now, or the partition has stopped: a fetch tells which.</summary>
    public bool HasArrived => _waiter.HasArrived;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _left, 1) != 0)
            return;
        _waiters.Leave(_waiter);
        _meter?.WaitEnds(_topic);
    }
}

using ManagedLog.Engine.Log;

namespace ManagedLog.Engine;

/// <summary>A place in the queue at the end of one partition. It costs nothing of its own: all who wait at a partition on an instance share one watcher. Leave it by disposing of it.</summary>
public sealed class TailWatch : IDisposable
{
    private readonly TailWaiters _waiters;
    private readonly TailWaiter _waiter;

    internal TailWatch(TailWaiters waiters, TailWaiter waiter)
    {
        _waiters = waiters;
        _waiter = waiter;
    }

    /// <summary>Something stands at the offset now, or the partition has stopped: a fetch tells which.</summary>
    public bool HasArrived => _waiter.HasArrived;

    public void Dispose() => _waiters.Leave(_waiter);
}

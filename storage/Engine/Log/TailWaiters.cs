namespace ManagedLog.Engine.Log;

/// <summary>
/// Those who wait for an offset to appear, and the one watcher that looks for what other instances append while anybody waits: from every 10 ms, backing off to every
/// second while nothing comes. While nobody waits it does nothing and costs nothing.
/// </summary>
internal sealed class TailWaiters(PartitionContext context, Func<TimeSpan, ValueTask<bool>> lookAsync)
{
    private readonly Lock _lock = new();
    private readonly List<(long Offset, TaskCompletionSource Arrived)> _waiters = [];
    private bool _watching;
    private TimeSpan _interval;
    private Task _watcher = Task.CompletedTask;

    /// <summary>Completes once something stands at <paramref name="offset"/>, or the partition stops. Take it back with <see cref="Leave"/>.</summary>
    public TaskCompletionSource Enter(long offset)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiters.Add((offset, arrived));
            _interval = context.Options.MinTailInterval;
            if (!_watching)
            {
                _watching = true;
                _watcher = WatchAsync();
            }
        }

        return arrived;
    }

    public void Leave(TaskCompletionSource arrived)
    {
        lock (_lock)
            _waiters.RemoveAll(waiter => waiter.Arrived == arrived);
    }

    /// <summary>The log ends at <paramref name="end"/> now.</summary>
    public void Advance(long end)
    {
        lock (_lock)
        {
            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                if (_waiters[i].Offset >= end)
                    continue;
                _waiters[i].Arrived.TrySetResult();
                _waiters.RemoveAt(i);
            }
        }
    }

    /// <summary>Wakes everybody: the partition has stopped, and asking again tells why.</summary>
    public void WakeAll()
    {
        lock (_lock)
        {
            foreach (var (_, arrived) in _waiters)
                arrived.TrySetResult();
            _waiters.Clear();
        }
    }

    private async Task WatchAsync()
    {
        while (true)
        {
            TimeSpan interval;
            lock (_lock)
                interval = _interval;
            await Task.Delay(interval, context.Time);
            lock (_lock)
            {
                if (_waiters.Count == 0)
                {
                    _watching = false;
                    return;
                }
            }

            var found = await lookAsync(interval);
            lock (_lock)
                _interval = found ? context.Options.MinTailInterval : Min(_interval * 2, context.Options.MaxTailInterval);
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}

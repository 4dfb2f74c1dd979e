namespace ManagedLog.Engine.Log;

/// <summary>
/// Those who wait for an offset to appear, and the one watcher that looks for what other instances append while anybody waits, as often as <see cref="TailPace"/> says.
/// While nobody waits it does nothing and costs nothing.
/// </summary>
internal sealed class TailWaiters(PartitionContext context, Func<TimeSpan, ValueTask<bool>> lookAsync)
{
    private readonly Lock _lock = new();
    private readonly List<TailWaiter> _waiters = [];
    private readonly TailPace _pace = new(context.Options);
    private bool _watching;
    private Task _watcher = Task.CompletedTask;

    public bool Any
    {
        get
        {
            lock (_lock)
                return _waiters.Count > 0;
        }
    }

    /// <summary>
    /// Told once something stands at its offset, or the partition stops. Whoever enters looks himself once more afterwards: what came before is not told. Take it back with
    /// <see cref="Leave"/>.
    /// </summary>
    public void Enter(TailWaiter waiter)
    {
        lock (_lock)
        {
            _waiters.Add(waiter);
            if (_watching)
                return;
            _watching = true;
            _pace.Begin();
            _watcher = WatchAsync();
        }
    }

    public void Leave(TailWaiter waiter)
    {
        if (waiter.HasArrived)
            return;
        lock (_lock)
            _waiters.Remove(waiter);
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
                _waiters[i].Arrive();
                _waiters.RemoveAt(i);
            }
        }
    }

    /// <summary>Wakes everybody: the partition has stopped, and asking again tells why.</summary>
    public void WakeAll()
    {
        lock (_lock)
        {
            foreach (var waiter in _waiters)
                waiter.Arrive();
            _waiters.Clear();
        }
    }

    private async Task WatchAsync()
    {
        var lookedAt = context.Time.GetTimestamp();
        while (true)
        {
            TimeSpan interval;
            lock (_lock)
                interval = _pace.Interval;
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
            var now = context.Time.GetTimestamp();
            lock (_lock)
                _pace.Note(found, context.Time.GetElapsedTime(lookedAt, now));
            lookedAt = now;
        }
    }
}

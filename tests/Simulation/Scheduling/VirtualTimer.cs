namespace ManagedLog.Simulation.Scheduling;

/// <summary>A timer of virtual time. Its callback runs as a task of the process that made it, so it dies and pauses with it.</summary>
internal sealed class VirtualTimer(SimulationScheduler owner, TimerCallback callback, object? state) : ITimer
{
    private int _version;
    private bool _isSet;
    private TimeSpan _period = Timeout.InfiniteTimeSpan;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        _version++;
        _period = period;
        _isSet = dueTime != Timeout.InfiniteTimeSpan && !owner.IsDead;
        if (_isSet)
            owner.Loop.SetTimer(this, _version, dueTime);
        return true;
    }

    public void Dispose()
    {
        _version++;
        _isSet = false;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>False once it was changed, disposed or fired since, or its process is dead.</summary>
    internal bool IsSet(int version) => _isSet && _version == version && !owner.IsDead;

    internal void Fire(int version)
    {
        if (!IsSet(version))
            return;
        if (_period > TimeSpan.Zero)
            owner.Loop.SetTimer(this, version, _period);
        else
            _isSet = false;
        _ = Task.Factory.StartNew(static timer => ((VirtualTimer)timer!).Call(), this, CancellationToken.None, TaskCreationOptions.None, owner);
    }

    private void Call() => callback(state);
}

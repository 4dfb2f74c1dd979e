namespace ManagedLog.Functions.Api.Following;

/// <summary>Set by whatever arrives, and taken by the one who waits for any of it. Set while nobody waits, it lets the next wait pass.</summary>
internal sealed class ArrivalSignal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _current = New();

    public void Set()
    {
        lock (_lock)
            _current.TrySetResult();
    }

    /// <summary>False when the time is over.</summary>
    public async ValueTask<bool> WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        Task current;
        lock (_lock)
            current = _current.Task;
        if (!current.IsCompleted && limit <= TimeSpan.Zero)
            return false;
        try
        {
            await current.WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }

        lock (_lock)
            _current = New();
        return true;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

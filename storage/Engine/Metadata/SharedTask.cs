namespace ManagedLog.Engine.Metadata;

internal static class SharedTask
{
    /// <summary>
    /// Waits for work that others wait for too: a cancelled token ends this wait, not the work. Continues on the caller's scheduler, which Task.WaitAsync does not promise.
    /// </summary>
    public static async ValueTask<T> OrCancelled<T>(this Task<T> shared, CancellationToken cancellationToken)
    {
        if (!shared.IsCompleted && cancellationToken.CanBeCanceled)
        {
            var cancelled = new TaskCompletionSource();
            await using var registration = cancellationToken.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetResult(), cancelled);
            await Task.WhenAny(shared, cancelled.Task);
            if (!shared.IsCompleted)
                cancellationToken.ThrowIfCancellationRequested();
        }

        return await shared;
    }
}

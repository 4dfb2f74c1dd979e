namespace ManagedLog.Engine.Log;

internal static class TimedWait
{
    /// <summary>
    /// Completes with <paramref name="signal"/>, which is set after <paramref name="limit"/> at the latest. Task.WhenAny over a signal that runs its
    /// continuations asynchronously goes on on the thread pool, wherever it was awaited; this goes on where its caller runs, and costs one timer.
    /// </summary>
    public static async ValueTask WaitAsync(this TaskCompletionSource signal, TimeSpan limit, TimeProvider time)
    {
        await using (time.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), signal, limit, Timeout.InfiniteTimeSpan))
            await signal.Task;
    }
}

using ManagedLog.Engine.Backend;

namespace ManagedLog.Fixtures;

/// <summary>Storage that takes its time over blocks while it is told to: so a tick of the housekeeping ends in the middle of what it does.</summary>
internal sealed class StallingBackend(IStorageBackend inner, TimeProvider time) : InterceptingBackend(inner)
{
    public TimeSpan Delay { get; set; }

    protected override async ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        if (call.Verb == StorageVerb.StageBlock && Delay > TimeSpan.Zero)
            await Task.Delay(Delay, time, CancellationToken.None);
        return await proceed(cancellationToken);
    }
}

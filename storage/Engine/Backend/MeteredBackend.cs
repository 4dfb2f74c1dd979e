using System.Runtime.CompilerServices;

namespace ManagedLog.Engine.Backend;

/// <summary>Measures each call that goes to storage, those that repeat another included. Adds no allocation of its own to a call.</summary>
internal sealed class MeteredBackend(IStorageBackend inner, StorageMeter meter, Func<StorageCall, string?> topicOf, TimeProvider time) : InterceptingBackend(inner)
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        var ended = StorageMeter.Refused;
        var bytes = call.IsRead ? 0 : call.Bytes;
        try
        {
            var outcome = await proceed(cancellationToken);
            ended = StorageMeter.NameOf(outcome.Status);
            // For a type of value the comparison is made once, when the method is compiled, and nothing is boxed.
            if (typeof(T) == typeof(BlobRange) && outcome.IsDone)
                bytes = ((BlobRange)(object)outcome.Value!).Content.Length;
            return outcome;
        }
        catch (OperationCanceledException)
        {
            ended = StorageMeter.Cancelled;
            throw;
        }
        finally
        {
            meter.Called(call.Verb, ended, topicOf(call), bytes, time.GetElapsedTime(startedAt));
        }
    }
}

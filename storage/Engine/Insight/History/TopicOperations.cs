using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Insight;

/// <summary>Counts each call that goes to storage for the topic that it is made for.</summary>
internal sealed class TopicOperations(IStorageBackend inner, ActivityBook book) : InterceptingBackend(inner)
{
    protected override ValueTask<Outcome<T>> InvokeAsync<T>(StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        book.Called(call);
        return proceed(cancellationToken);
    }
}

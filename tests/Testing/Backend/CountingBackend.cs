using ManagedLog.Engine.Backend;

namespace ManagedLog.Testing.Backend;

/// <summary>Counts and lists the calls that reach the backend below it, in the order in which they were made. Safe for concurrent use.</summary>
public sealed class CountingBackend(IStorageBackend inner) : InterceptingBackend(inner)
{
    private readonly Lock _lock = new();
    private readonly List<StorageCall> _calls = [];

    /// <summary>All calls so far; a copy.</summary>
    public IReadOnlyList<StorageCall> Calls
    {
        get
        {
            lock (_lock)
                return _calls.ToArray();
        }
    }

    /// <summary>The counts of this moment, to be subtracted from later ones.</summary>
    public CallCounts Snapshot() => CallCounts.Of(Calls);

    /// <summary>What was called since <paramref name="earlier"/> was taken.</summary>
    public CallCounts Since(CallCounts earlier) => Snapshot() - earlier;

    protected override ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        lock (_lock)
            _calls.Add(call);
        return proceed(cancellationToken);
    }
}

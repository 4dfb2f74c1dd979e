using ManagedLog.Engine.Backend;

namespace ManagedLog.Proof.Opening;

/// <summary>Counts the calls that reach storage and the bytes of blobs that they give.</summary>
internal sealed class ReadCounter(IStorageBackend inner) : InterceptingBackend(inner)
{
    private long _operations;
    private long _bytes;

    public (long Operations, long Bytes) Totals => (Interlocked.Read(ref _operations), Interlocked.Read(ref _bytes));

    protected override async ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _operations);
        var outcome = await proceed(cancellationToken);
        if (outcome is { IsDone: true, Value: BlobRange range })
            Interlocked.Add(ref _bytes, range.Content.Length);
        return outcome;
    }
}

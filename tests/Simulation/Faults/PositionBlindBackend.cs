using ManagedLog.Engine.Backend;

namespace ManagedLog.Simulation.Faults;

/// <summary>A storage that appends at the end whatever position was asked for: what the log would stand on without the position condition.</summary>
internal sealed class PositionBlindBackend(IStorageBackend inner) : InterceptingBackend(inner)
{
    public override async ValueTask<Outcome<long>> AppendAsync(string blob, long position, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var length = await Inner.GetBlobAsync(blob, cancellationToken);
        var appended = await base.AppendAsync(blob, length.Value.Length, content, cancellationToken);
        return appended.IsDone ? Outcome.Done(position + content.Length) : appended;
    }

    protected override ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken) => proceed(cancellationToken);
}

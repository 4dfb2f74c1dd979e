using ManagedLog.Engine.Backend;

namespace ManagedLog.Functions.Tests.Support;

/// <summary>Storage in memory that answers some calls otherwise for as long as a test wants it.</summary>
internal sealed class FaultyStorage() : InterceptingBackend(new InMemoryBackend(TimeProvider.System))
{
    /// <summary>Null lets a call through; otherwise the status that it is answered with, without having been carried out.</summary>
    public Func<StorageCall, OutcomeStatus?> Fault { get; set; } = _ => null;

    protected override ValueTask<Outcome<T>> InvokeAsync<T>(StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken) =>
        Fault(call) switch
        {
            OutcomeStatus.Throttled => ValueTask.FromResult(Outcome.Throttled<T>("test")),
            OutcomeStatus.Unknown => ValueTask.FromResult(Outcome.Unknown<T>("test")),
            _ => proceed(cancellationToken),
        };
}

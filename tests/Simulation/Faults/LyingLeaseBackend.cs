using ManagedLog.Engine.Backend;

namespace ManagedLog.Simulation.Faults;

/// <summary>Tells everybody who asks that they hold the lease (I25).</summary>
public sealed class LyingLeaseBackend(IStorageBackend inner) : InterceptingBackend(inner)
{
    protected override async ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        var outcome = await proceed(cancellationToken);
        return call.Verb is StorageVerb.AcquireLease or StorageVerb.RenewLease && outcome.Failed(ConditionFailure.Lease)
            ? (Outcome<T>)(object)Outcome.Done()
            : outcome;
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Elects, with a lease, the instance that does the housekeeping. It saves others the same work and decides nothing: all that is done under it is safe when
/// every instance believes that it holds it.
/// </summary>
internal sealed class LeaseElection(PartitionContext context)
{
    private readonly Guid _leaseId = context.Entropy.NextGuid();

    /// <summary>Under which this instance stands for election; no other instance has it.</summary>
    public Guid LeaseId => _leaseId;

    /// <summary>
    /// Whether this instance is, or stays, elected for <see cref="EngineOptions.HousekeepingLease"/>: one operation. It is not given back: who stays alive
    /// keeps it, and who does not is followed by another after that time.
    /// </summary>
    public async ValueTask<bool> TryLeadAsync()
    {
        var taken = await TakeAsync();
        if (taken.Status != OutcomeStatus.Missing)
            return taken.IsDone;
        await context.Backend.CreateAppendBlobAsync(StorageLayout.ControllerBlob, CancellationToken.None);
        return (await TakeAsync()).IsDone;
    }

    private ValueTask<Outcome<Nothing>> TakeAsync() =>
        context.Backend.AcquireLeaseAsync(StorageLayout.ControllerBlob, _leaseId, context.Options.HousekeepingLease, CancellationToken.None);
}

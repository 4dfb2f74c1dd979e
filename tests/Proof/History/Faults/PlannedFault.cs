using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Faults;

/// <param name="At">After the beginning of the history.</param>
/// <param name="Instance">Whom it hits; of no meaning where it hits the storage.</param>
/// <param name="Length">How long it lasts; of a kill, how long after it the instance is started again.</param>
internal sealed record PlannedFault(TimeSpan At, FaultKind Kind, int Instance, TimeSpan Length);

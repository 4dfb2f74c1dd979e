using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Judging;

/// <param name="EndedAt">Null: the history ends before it was over.</param>
internal sealed record InjectedFault(FaultBegan Began, long? EndedAt);

using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.History.Judging;

/// <summary>One request to append and what became of it.</summary>
internal sealed record Append(AppendInvoked Invoked, AppendCompleted? Completed)
{
    /// <summary>One that was never answered may have happened.</summary>
    public ProduceOutcome Outcome => Completed?.Outcome ?? ProduceOutcome.Unknown;

    public bool IsAcknowledged => Outcome == ProduceOutcome.Acknowledged;
}

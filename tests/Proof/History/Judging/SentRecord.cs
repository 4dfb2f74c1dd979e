using ManagedLog.Proof.Rest;

namespace ManagedLog.Proof.History.Judging;

/// <summary>What is known about one record from all the attempts to append it.</summary>
internal sealed class SentRecord(string label, IReadOnlyList<(Append Append, int Index)> attempts)
{
    public string Label => label;

    /// <summary>Null: no other has it.</summary>
    public string? Key { get; } = attempts[0].Append.Invoked.Keys?[attempts[0].Index];

    public bool IsTombstone => Key is not null && Payload.IsTombstone(label);

    /// <summary>Before this nobody had it.</summary>
    public long FirstInvokedAt { get; } = attempts.Min(static attempt => attempt.Append.Invoked.At);

    /// <summary>When it was first known to stand by an answer.</summary>
    public long? AcknowledgedAt { get; } = attempts.Where(static attempt => attempt.Append.IsAcknowledged).Min(static attempt => (long?)attempt.Append.Completed!.At);

    /// <summary>The offsets that its producer was told; one, unless something is wrong.</summary>
    public IReadOnlyList<long> Told { get; } =
        [.. attempts.Where(static attempt => attempt.Append.IsAcknowledged).Select(static attempt => attempt.Append.Completed!.Offsets[attempt.Index]).Distinct()];

    /// <summary>Every attempt was reported as not having happened.</summary>
    public bool IsFailed { get; } = attempts.All(static attempt => attempt.Append.Outcome == ProduceOutcome.Refused);

    public bool IsAcknowledged => AcknowledgedAt is not null;
}

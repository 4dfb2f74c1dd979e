namespace ManagedLog.Proof.History.Judging;

/// <param name="Where">Topic and partition.</param>
internal sealed record Anomaly(AnomalyKind Kind, string Where, string What)
{
    public override string ToString() => $"{Kind} in {Where}: {What}";
}

namespace ManagedLog.Proof.Rest;

/// <param name="Offsets">One for each record when acknowledged, otherwise empty.</param>
/// <param name="Reason">Why it was not acknowledged.</param>
internal sealed record ProduceResult(ProduceOutcome Outcome, IReadOnlyList<long> Offsets, string Reason)
{
    /// <summary>Of HTTP, where it was refused; otherwise 0.</summary>
    public int Status { get; init; }

    public static ProduceResult Acknowledged(IReadOnlyList<long> offsets) => new(ProduceOutcome.Acknowledged, offsets, "");

    public static ProduceResult Refused(string reason) => new(ProduceOutcome.Refused, [], reason);

    public static ProduceResult Unknown(string reason) => new(ProduceOutcome.Unknown, [], reason);
}

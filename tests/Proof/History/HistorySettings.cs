namespace ManagedLog.Proof.History;

/// <param name="Duration">How long the producers write.</param>
/// <param name="Seed">Decides the faults, and what each client does.</param>
internal sealed record HistorySettings(TimeSpan Duration, int Seed);

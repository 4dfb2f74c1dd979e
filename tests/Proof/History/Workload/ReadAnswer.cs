using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Workload;

/// <param name="Status">Of HTTP.</param>
/// <param name="LogStart">Null where the answer does not name it.</param>
/// <param name="HighWatermark">Null where the answer does not name it.</param>
internal sealed record ReadAnswer(int Status, long? LogStart, long? HighWatermark, IReadOnlyList<ReadRecord> Records)
{
    /// <summary>Where to go on reading; null: where it began, since there was nothing.</summary>
    public long? Next { get; init; }
}

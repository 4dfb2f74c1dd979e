using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Judging;

/// <summary>
/// Judges a recorded history, after the ideas of jepsen.tests.kafka: every record is unlike any other, and all that producers were told and readers saw of a partition
/// must fit one log. A request whose outcome is unknown may have happened at any time up to the end of the history: its record may stand, once, or not. A pure function.
/// </summary>
internal static class HistoryJudge
{
    /// <returns>What is wrong; nothing if the history is clean.</returns>
    /// <exception cref="InvalidDataException">The events are no history.</exception>
    public static IReadOnlyList<Anomaly> Judge(RecordedHistory history) =>
    [
        .. history.Broken.Select(static broken => new Anomaly(AnomalyKind.Broken, $"instance {broken.Instance}", broken.Line)),
        .. history.Partitions.SelectMany(partition => (IEnumerable<Anomaly>)
        [
            .. ContentRules.Find(partition),
            .. OrderRules.Find(partition),
            .. ReadRules.Find(partition),
            .. CompactionRules.Find(partition),
            .. EndRules.Find(partition),
            .. FinalRules.Find(partition),
            .. LivenessRules.Find(partition, history.Faults),
        ]),
    ];

    public static IReadOnlyList<Anomaly> Judge(IReadOnlyList<HistoryEvent> events) => Judge(RecordedHistory.From(events));
}

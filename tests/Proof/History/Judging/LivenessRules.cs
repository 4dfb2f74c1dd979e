using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Judging;

/// <summary>Once the faults are over every partition takes records again, and every producer that keeps trying succeeds (I20).</summary>
internal static class LivenessRules
{
    private const int Conflict = 409;

    public static IEnumerable<Anomaly> Find(PartitionHistory history, IReadOnlyList<InjectedFault> faults)
    {
        if (faults.Count > 0)
        {
            var healedAt = faults.Max(static fault => fault.EndedAt ?? long.MaxValue);
            if (!history.Appends.Any(append => append.IsAcknowledged && append.Invoked.At > healedAt))
                yield return history.Wrong(AnomalyKind.Stuck, "nothing that was sent after the last fault was acknowledged");
        }

        var persistent = history.Appends.Where(static append => append.Invoked.Kind is ProducerKind.Keyed or ProducerKind.Numbered);
        foreach (var send in persistent.GroupBy(static append => append.Invoked.Send))
        {
            if (!send.Any(static append => append.IsAcknowledged))
                yield return history.Wrong(AnomalyKind.Stuck, $"{send.First().Invoked.Values[0]} was never acknowledged in {send.Count()} tries");
            if (send.FirstOrDefault(static append => append.Completed?.Status == Conflict) is { } refused)
                yield return history.Wrong(
                    AnomalyKind.SequenceRefused, $"{refused.Invoked.Values[0]} was refused at instance {refused.Invoked.Instance}: {refused.Completed!.Reason}");
        }
    }
}

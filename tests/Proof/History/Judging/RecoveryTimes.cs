using ManagedLog.Proof.History.Events;

namespace ManagedLog.Proof.History.Judging;

/// <summary>How long it took until writes succeeded again after one fault.</summary>
/// <param name="Anywhere">From its beginning until a request that was sent after that was acknowledged by any instance. Null: never.</param>
/// <param name="Everywhere">
/// From its end until requests that were sent after that were acknowledged: by the instance that was hit, or in every partition where storage was. Null: never.
/// </param>
/// <param name="IsAlone">No other fault fell into the time from its end on, so that it is this one's.</param>
internal sealed record RecoveryTimes(FaultKind Kind, TimeSpan? Anywhere, TimeSpan? Everywhere, bool IsAlone)
{
    public static IReadOnlyList<RecoveryTimes> Of(RecordedHistory history)
    {
        var appends = history.Partitions.Select(static partition => partition.Appends.Where(static append => append.IsAcknowledged).ToList()).ToList();
        return [.. history.Faults.Select(fault => Of(fault, history.Faults, appends))];
    }

    private static RecoveryTimes Of(InjectedFault fault, IReadOnlyList<InjectedFault> faults, List<List<Append>> appends)
    {
        var anywhere = Earliest(appends.Select(acknowledged => FirstAfter(acknowledged, fault.Began.At)));
        if (fault.EndedAt is not { } ended)
            return new RecoveryTimes(fault.Began.Kind, anywhere, null, IsAlone: false);
        var everywhere = fault.Began.Instance is { } instance
            ? Earliest(appends.Select(acknowledged => FirstAfter(acknowledged.Where(append => append.Invoked.Instance == instance), ended)))
            : Latest(appends.Select(acknowledged => FirstAfter(acknowledged, ended)));
        var until = everywhere is { } time ? ended + (long)time.TotalMicroseconds : long.MaxValue;
        var isAlone = !faults.Any(other => other != fault && other.Began.At < until && (other.EndedAt ?? long.MaxValue) > ended);
        return new RecoveryTimes(fault.Began.Kind, anywhere, everywhere, isAlone);
    }

    private static TimeSpan? FirstAfter(IEnumerable<Append> acknowledged, long time) =>
        acknowledged.Where(append => append.Invoked.At > time).Min(static append => (long?)append.Completed!.At) is { } at ? TimeSpan.FromMicroseconds(at - time) : null;

    private static TimeSpan? Earliest(IEnumerable<TimeSpan?> times) => times.Min();

    private static TimeSpan? Latest(IEnumerable<TimeSpan?> times)
    {
        var all = times.ToList();
        return all.Contains(null) ? null : all.Max();
    }
}

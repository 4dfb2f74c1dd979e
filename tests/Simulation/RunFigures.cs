namespace ManagedLog.Simulation;

/// <summary>How much happened in a run, or in several.</summary>
internal readonly record struct RunFigures(
    long Acknowledged, long Failed, long Unknown, long Read, long Seals, long BlockLimits, long Starts, long StorageCalls, TimeSpan VirtualTime)
{
    public static RunFigures operator +(RunFigures left, RunFigures right) => new(
        left.Acknowledged + right.Acknowledged,
        left.Failed + right.Failed,
        left.Unknown + right.Unknown,
        left.Read + right.Read,
        left.Seals + right.Seals,
        left.BlockLimits + right.BlockLimits,
        left.Starts + right.Starts,
        left.StorageCalls + right.StorageCalls,
        left.VirtualTime + right.VirtualTime);

    public override string ToString() =>
        $"{Acknowledged} acknowledged, {Failed} failed, {Unknown} unknown, {Read} batches read, {Seals} seals, {BlockLimits} block limits met, "
        + $"{Starts} processes, {StorageCalls} storage calls, {VirtualTime.TotalMinutes:F0} min of virtual time";
}

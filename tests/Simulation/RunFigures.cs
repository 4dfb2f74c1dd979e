using System.Numerics;

namespace ManagedLog.Simulation;

/// <summary>How much happened in a run, or in several.</summary>
internal readonly record struct RunFigures(
    long Acknowledged,
    long Failed,
    long Unknown,
    long Read,
    long Seals,
    long BlockLimits,
    long Starts,
    long StorageCalls,
    long Rewrites,
    long Advances,
    long Removals,
    long Sweeps,
    long Compacted,
    long Ticks,
    long TimeLookups,
    long Forgotten,
    TimeSpan VirtualTime) : IAdditionOperators<RunFigures, RunFigures, RunFigures>
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
        left.Rewrites + right.Rewrites,
        left.Advances + right.Advances,
        left.Removals + right.Removals,
        left.Sweeps + right.Sweeps,
        left.Compacted + right.Compacted,
        left.Ticks + right.Ticks,
        left.TimeLookups + right.TimeLookups,
        left.Forgotten + right.Forgotten,
        left.VirtualTime + right.VirtualTime);

    public override string ToString() =>
        $"{Acknowledged} acknowledged, {Failed} failed, {Unknown} unknown, {Read} batches read, {Seals} seals, {BlockLimits} block limits met, "
        + $"{Rewrites} rewrites, {Advances} log starts advanced, {Removals} segments removed, {Sweeps} sweeps, {Compacted} records compacted away, {Ticks} ticks of the housekeeping, "
        + $"{TimeLookups} time lookups, {Forgotten} idle partitions forgotten, {Starts} processes, {StorageCalls} storage calls, {VirtualTime.TotalHours:F0} h of virtual time";
}

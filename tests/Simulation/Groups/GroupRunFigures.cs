using System.Numerics;

namespace ManagedLog.Simulation.Groups;

/// <summary>How much happened in a run of groups, or in several.</summary>
internal readonly record struct GroupRunFigures(
    long Joins, long Commits, long Refused, long Unknown, long Effective, long Generations, long TakenOver, long Gone, long Resets, long Deletions, long Starts, long StorageCalls, TimeSpan VirtualTime)
    : IAdditionOperators<GroupRunFigures, GroupRunFigures, GroupRunFigures>
{
    public static GroupRunFigures operator +(GroupRunFigures left, GroupRunFigures right) => new(
        left.Joins + right.Joins,
        left.Commits + right.Commits,
        left.Refused + right.Refused,
        left.Unknown + right.Unknown,
        left.Effective + right.Effective,
        left.Generations + right.Generations,
        left.TakenOver + right.TakenOver,
        left.Gone + right.Gone,
        left.Resets + right.Resets,
        left.Deletions + right.Deletions,
        left.Starts + right.Starts,
        left.StorageCalls + right.StorageCalls,
        left.VirtualTime + right.VirtualTime);

    public override string ToString() =>
        $"{Joins} joins, {Commits} commits acknowledged, {Refused} refused, {Unknown} unknown, {Effective} offsets stored, {Generations} generations, {TakenOver} partitions taken over from the gone, "
        + $"{Gone} members gone, {Resets} resets, {Deletions} groups deleted, {Starts} processes, {StorageCalls} storage calls, {VirtualTime.TotalHours:F0} h of virtual time";
}

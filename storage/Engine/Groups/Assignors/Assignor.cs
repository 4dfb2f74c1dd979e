using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups.Assignors;

/// <summary>Shares partitions out. Pure: the same problem, its members in any order, has the same answer on every instance.</summary>
internal static class Assignor
{
    /// <summary>For each member of the problem, in its order, what it is to have, by topic and number. Each partition that anybody wants is with exactly one member that wants it.</summary>
    public static IReadOnlyList<TopicPartition>[] Assign(string name, AssignmentProblem problem)
    {
        var shares = name switch
        {
            AssignorNames.Range => RangeAssignor.Assign(problem),
            AssignorNames.RoundRobin => RoundRobinAssignor.Assign(problem),
            AssignorNames.Sticky => StickyAssignor.Assign(problem),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such assignor."),
        };
        problem.Sort(shares);
        return [.. shares.Select(IReadOnlyList<TopicPartition> (share) => share)];
    }
}

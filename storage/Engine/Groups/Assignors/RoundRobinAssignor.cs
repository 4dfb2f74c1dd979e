using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups.Assignors;

/// <summary>
/// All partitions of all topics in turn, each to the next member that wants its topic (Kafka's RoundRobinAssignor). Even where all members want the same, and not always where they do
/// not.
/// </summary>
internal static class RoundRobinAssignor
{
    public static List<TopicPartition>[] Assign(AssignmentProblem problem)
    {
        var shares = problem.NoShares();
        var order = problem.Order();
        var next = 0;
        for (var place = 0; place < problem.Topics.Count; place++)
        {
            var topic = problem.Topics[place];
            if (!problem.Members.Any(member => member.Topics.Contains(place)))
                continue;
            for (var partition = 0; partition < topic.Partitions; partition++)
            {
                while (!problem.Members[order[next % order.Length]].Topics.Contains(place))
                    next++;
                shares[order[next++ % order.Length]].Add(new TopicPartition(topic.Id, partition));
            }
        }

        return shares;
    }
}

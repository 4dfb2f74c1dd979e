using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups.Assignors;

/// <summary>
/// Topic by topic: its partitions in their order are cut into as many runs as members want it, the first of them one longer where it does not come out even. Topics with the same
/// number of partitions and the same members are cut alike, so that what belongs together stays with one member (Kafka's RangeAssignor).
/// </summary>
internal static class RangeAssignor
{
    public static List<TopicPartition>[] Assign(AssignmentProblem problem)
    {
        var shares = problem.NoShares();
        var order = problem.Order();
        for (var place = 0; place < problem.Topics.Count; place++)
        {
            var topic = problem.Topics[place];
            var wanting = order.Where(member => problem.Members[member].Topics.Contains(place)).ToArray();
            if (wanting.Length == 0)
                continue;
            var (each, longer) = Math.DivRem(topic.Partitions, wanting.Length);
            var next = 0;
            for (var i = 0; i < wanting.Length; i++)
            {
                var end = next + each + (i < longer ? 1 : 0);
                for (; next < end; next++)
                    shares[wanting[i]].Add(new TopicPartition(topic.Id, next));
            }
        }

        return shares;
    }
}

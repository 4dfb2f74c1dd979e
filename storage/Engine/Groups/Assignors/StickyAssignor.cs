using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups.Assignors;

/// <summary>
/// As evenly as can be, and of all ways that are as even the one that moves least. Even means: the sum of the squares of what members have is as small as it can be, so that members that
/// want the same differ by one at most, and nobody could have less by giving something to somebody who has two less.
/// </summary>
/// <remarks>
/// Partitions of one topic can stand for each other but for who had them, so it is decided how many of each topic a member gets, of those that it had first; then which.
/// Where all members want the same topics that is counting, and otherwise a flow of least cost (<see cref="StickyFlow"/>).
/// </remarks>
internal static class StickyAssignor
{
    public static List<TopicPartition>[] Assign(AssignmentProblem problem)
    {
        var shares = problem.NoShares();
        if (problem.Members.Count == 0)
            return shares;
        var order = problem.Order();
        var before = Previous(problem, order);
        if (IsUniform(problem))
            KeepUpToQuota(problem, order, before, shares);
        else
            KeepByFlow(problem, order, before, shares);
        return shares;
    }

    private static bool IsUniform(AssignmentProblem problem) => problem.Members.All(member => member.Topics.SequenceEqual(problem.Members[0].Topics));

    /// <summary>By topic's place and member: the partitions that it had, that there are, and that it still wants, ascending. Each is with one member at most.</summary>
    private static List<int>[,] Previous(AssignmentProblem problem, int[] order)
    {
        var places = problem.Topics.Select((topic, place) => (topic.Id, place)).ToDictionary(pair => pair.Id, pair => pair.place);
        var before = new List<int>[problem.Topics.Count, problem.Members.Count];
        for (var place = 0; place < problem.Topics.Count; place++)
        {
            for (var member = 0; member < problem.Members.Count; member++)
                before[place, member] = [];
        }

        var taken = new HashSet<TopicPartition>();
        foreach (var member in order)
        {
            var wanted = problem.Members[member].Topics.ToHashSet();
            foreach (var partition in problem.Members[member].Previous.Distinct().OrderBy(partition => partition.Partition))
            {
                if (places.TryGetValue(partition.Topic, out var place) && wanted.Contains(place) && partition.Partition < problem.Topics[place].Partitions && taken.Add(partition))
                    before[place, member].Add(partition.Partition);
            }
        }

        return before;
    }

    /// <summary>All want the same: who had most keeps most, up to the quota; the odd ones go to those who had more than the quota's smaller half.</summary>
    private static void KeepUpToQuota(AssignmentProblem problem, int[] order, List<int>[,] before, List<TopicPartition>[] shares)
    {
        var topics = problem.Members[0].Topics;
        var had = order.ToDictionary(member => member, member => topics.Sum(place => before[place, member].Count));
        var (each, more) = Math.DivRem(topics.Sum(place => problem.Topics[place].Partitions), order.Length);
        var quota = new int[order.Length];
        var rank = 0;
        foreach (var member in order.OrderByDescending(member => had[member]))
            quota[member] = each + (rank++ < more ? 1 : 0);

        var free = new Queue<TopicPartition>();
        foreach (var place in topics)
        {
            var topic = problem.Topics[place];
            var kept = new bool[topic.Partitions];
            foreach (var member in order)
            {
                foreach (var partition in before[place, member].Take(quota[member] - shares[member].Count))
                {
                    kept[partition] = true;
                    shares[member].Add(new TopicPartition(topic.Id, partition));
                }
            }

            for (var partition = 0; partition < kept.Length; partition++)
            {
                if (!kept[partition])
                    free.Enqueue(new TopicPartition(topic.Id, partition));
            }
        }

        // In turn, so that the partitions of one topic do not all go to one newcomer.
        while (free.Count > 0)
        {
            foreach (var member in order)
            {
                if (free.Count > 0 && shares[member].Count < quota[member])
                    shares[member].Add(free.Dequeue());
            }
        }
    }

    private static void KeepByFlow(AssignmentProblem problem, int[] order, List<int>[,] before, List<TopicPartition>[] shares)
    {
        var flow = new StickyFlow(problem, order, (place, member) => before[place, member].Count).Solve();
        for (var place = 0; place < problem.Topics.Count; place++)
        {
            var topic = problem.Topics[place];
            Deal(topic, order, member => flow[place, member], member => before[place, member], shares);
        }
    }

    private static void Deal(GroupTopic topic, int[] order, Func<int, int> countOf, Func<int, List<int>> beforeOf, List<TopicPartition>[] shares)
    {
        var kept = new bool[topic.Partitions];
        foreach (var member in order)
        {
            foreach (var partition in beforeOf(member).Take(countOf(member)))
            {
                kept[partition] = true;
                shares[member].Add(new TopicPartition(topic.Id, partition));
            }
        }

        var next = 0;
        foreach (var member in order)
        {
            for (var missing = countOf(member) - Math.Min(countOf(member), beforeOf(member).Count); missing > 0; missing--)
            {
                while (kept[next])
                    next++;
                shares[member].Add(new TopicPartition(topic.Id, next++));
            }
        }
    }
}

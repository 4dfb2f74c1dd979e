namespace ManagedLog.Engine.Groups.Assignors;

/// <summary>
/// How many partitions of each topic each member gets, as a flow of least cost: from topics to the members that want them. A member's k-th partition costs 2k − 1 times more than all moves
/// together, so evenness comes first; a partition beyond those that the member had of the topic costs one move. Found one partition after the other along the cheapest path, on which what was
/// given before may be given on (successive shortest paths; each is found by relaxing until nothing gets cheaper, since giving back has a negative cost).
/// </summary>
/// <param name="order">In which members are looked at: of two that are as good the first is taken.</param>
/// <param name="hadOf">How many of a topic (by place) a member had.</param>
internal sealed class StickyFlow(AssignmentProblem problem, int[] order, Func<int, int, int> hadOf)
{
    private readonly int[,] _flow = new int[problem.Topics.Count, problem.Members.Count];
    private readonly int[] _load = new int[problem.Members.Count];
    private readonly int[][] _wanting = [.. Enumerable.Range(0, problem.Topics.Count).Select(place => order.Where(member => problem.Members[member].Topics.Contains(place)).ToArray())];
    private readonly long _unit = 1L + problem.Topics.Sum(topic => (long)topic.Partitions);

    public int[,] Solve()
    {
        for (var place = 0; place < problem.Topics.Count; place++)
        {
            if (_wanting[place].Length == 0)
                continue;
            for (var partition = 0; partition < problem.Topics[place].Partitions; partition++)
                Give(place);
        }

        return _flow;
    }

    private void Give(int from)
    {
        var topicCost = new long[problem.Topics.Count];
        var memberCost = new long[problem.Members.Count];
        var through = new int[problem.Members.Count];
        var leftBy = new int[problem.Topics.Count];
        Array.Fill(topicCost, long.MaxValue);
        Array.Fill(memberCost, long.MaxValue);
        topicCost[from] = 0;
        var queue = new Queue<int>([from]);
        var isQueued = new bool[problem.Topics.Count];
        while (queue.TryDequeue(out var topic))
        {
            isQueued[topic] = false;
            foreach (var member in _wanting[topic])
            {
                var cost = topicCost[topic] + (_flow[topic, member] < hadOf(topic, member) ? 0 : 1);
                if (cost >= memberCost[member])
                    continue;
                memberCost[member] = cost;
                through[member] = topic;
                foreach (var other in problem.Members[member].Topics)
                {
                    if (other == topic || _flow[other, member] == 0)
                        continue;
                    var given = cost - (_flow[other, member] > hadOf(other, member) ? 1 : 0);
                    if (given >= topicCost[other])
                        continue;
                    topicCost[other] = given;
                    leftBy[other] = member;
                    if (isQueued[other])
                        continue;
                    isQueued[other] = true;
                    queue.Enqueue(other);
                }
            }
        }

        var best = _wanting[from][0];
        foreach (var member in order)
        {
            if (memberCost[member] != long.MaxValue && Total(member) < Total(best))
                best = member;
        }

        Apply(from, best, through, leftBy);

        long Total(int member) => memberCost[member] + (((2L * _load[member]) + 1) * _unit);
    }

    private void Apply(int from, int last, int[] through, int[] leftBy)
    {
        _load[last]++;
        for (var member = last; ;)
        {
            var topic = through[member];
            _flow[topic, member]++;
            if (topic == from)
                return;
            member = leftBy[topic];
            _flow[topic, member]--;
        }
    }
}

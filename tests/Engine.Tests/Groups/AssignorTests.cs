using System.Globalization;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Groups.Assignors;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Tests.Groups;

public class AssignorTests
{
    private static readonly string[] s_names = [AssignorNames.Range, AssignorNames.RoundRobin, AssignorNames.Sticky];

    public static TheoryData<string> Names => [.. s_names];

    /// <summary>The example of Kafka's RangeAssignor.</summary>
    [Fact]
    public void Range_OfTheTextbook() => Assert.Equal(
        ["t0p0 t0p1 t1p0 t1p1", "t0p2 t1p2"],
        Assign(AssignorNames.Range, [3, 3], "C0:t0,t1", "C1:t0,t1"));

    /// <summary>Those of Kafka's RoundRobinAssignor.</summary>
    [Fact]
    public void RoundRobin_OfTheTextbook()
    {
        Assert.Equal(["t0p0 t0p2 t1p1", "t0p1 t1p0 t1p2"], Assign(AssignorNames.RoundRobin, [3, 3], "C0:t0,t1", "C1:t0,t1"));
        Assert.Equal(["t0p0", "t1p0", "t1p1 t2p0 t2p1 t2p2"], Assign(AssignorNames.RoundRobin, [1, 2, 3], "C0:t0", "C1:t0,t1", "C2:t0,t1,t2"));
    }

    /// <summary>The first example of Kafka's StickyAssignor (KIP-54): one of three goes, and nothing moves but what it had.</summary>
    [Fact]
    public void Sticky_OfTheTextbook_MovesOnlyWhatTheGoneHad()
    {
        var all = Problem([2, 2, 2, 2], [], "C0:t0,t1,t2,t3", "C1:t0,t1,t2,t3", "C2:t0,t1,t2,t3");
        var before = Assignor.Assign(AssignorNames.Sticky, all);
        Assert.Equal([3, 3, 2], before.Select(share => share.Count));

        var after = Assignor.Assign(AssignorNames.Sticky, Problem([2, 2, 2, 2], [before[0], before[2]], "C0:t0,t1,t2,t3", "C2:t0,t1,t2,t3"));

        Assert.Equal([4, 4], after.Select(share => share.Count));
        Assert.Empty(before[0].Except(after[0]));
        Assert.Empty(before[2].Except(after[1]));
    }

    /// <summary>The second one: with round robin five partitions would move, and one must.</summary>
    [Fact]
    public void Sticky_OfTheTextbook_WithDifferentSubscriptions()
    {
        var before = Assignor.Assign(AssignorNames.Sticky, Problem([1, 2, 3], [], "C0:t0", "C1:t0,t1", "C2:t0,t1,t2"));
        Assert.Equal([1, 2, 3], before.Select(share => share.Count));

        var after = Assignor.Assign(AssignorNames.Sticky, Problem([1, 2, 3], [before[1], before[2]], "C1:t0,t1", "C2:t0,t1,t2"));

        Assert.Equal([3, 3], after.Select(share => share.Count));
        Assert.Empty(before[1].Except(after[0]));
        Assert.Empty(before[2].Except(after[1]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AnyAssignor_GivesEachPartitionToOneMemberThatWantsIt_WhateverTheOrderOfMembers(string name)
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var problem = Draw(random, isUniform: random.Next(2) == 0);

            var shares = Assignor.Assign(name, problem);

            var wanted = problem.Topics.SelectMany((topic, place) => problem.Members.Any(member => member.Topics.Contains(place)) ? Partitions(topic) : []).ToList();
            Assert.Equal(wanted.Order(Comparer), shares.SelectMany(share => share).Order(Comparer));
            for (var member = 0; member < problem.Members.Count; member++)
                Assert.All(shares[member], partition => Assert.Contains(problem.Members[member].Topics, place => problem.Topics[place].Id == partition.Topic));
            var shuffled = problem.Members.ToArray();
            random.Shuffle(shuffled);
            var again = Assignor.Assign(name, problem with { Members = shuffled });
            for (var member = 0; member < shuffled.Length; member++)
                Assert.Equal(shares[problem.Members.ToList().IndexOf(shuffled[member])], again[member]);
        }
    }

    [Theory]
    [InlineData(AssignorNames.RoundRobin)]
    [InlineData(AssignorNames.Sticky)]
    public void WhereAllWantTheSame_NobodyHasTwoMoreThanAnother(string name)
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var counts = Assignor.Assign(name, Draw(new Random(seed), isUniform: true)).Select(share => share.Count).ToList();
            Assert.InRange(counts.Max() - counts.Min(), 0, 1);
        }
    }

    [Fact]
    public void Range_OfEachTopic_IsBalancedWithinOne()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var problem = Draw(new Random(seed), isUniform: false);
            var shares = Assignor.Assign(AssignorNames.Range, problem);
            for (var place = 0; place < problem.Topics.Count; place++)
            {
                var counts = Enumerable.Range(0, problem.Members.Count).Where(member => problem.Members[member].Topics.Contains(place))
                    .Select(member => shares[member].Count(partition => partition.Topic == problem.Topics[place].Id)).ToList();
                if (counts.Count > 0)
                    Assert.InRange(counts.Max() - counts.Min(), 0, 1);
            }
        }
    }

    /// <summary>Held against all ways there are, where there are few enough to go through.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sticky_IsAsEvenAsCanBe_AndOfThoseMovesLeast(bool isUniform)
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var problem = Draw(random, isUniform, mostMembers: 3, mostTopics: 3, mostPartitions: 2);

            var shares = Assignor.Assign(AssignorNames.Sticky, problem);

            var best = All(problem).Min();
            Assert.Equal(best, Cost(problem, Where(shares)));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sticky_OfAnAssignmentThatStands_ChangesNothing(bool isUniform)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var problem = Draw(new Random(seed), isUniform);
            var shares = Assignor.Assign(AssignorNames.Sticky, problem);

            var again = Assignor.Assign(AssignorNames.Sticky, problem with { Members = [.. problem.Members.Zip(shares, (member, share) => member with { Previous = share })] });

            for (var member = 0; member < shares.Length; member++)
                Assert.Equal(shares[member], again[member]);
        }
    }

    [Fact]
    public void Sticky_OfManyPartitions_TakesNoTimeToSpeakOf()
    {
        var wants = string.Join(',', Enumerable.Range(0, 20).Select(topic => $"t{topic}"));
        var members = Enumerable.Range(0, 100).Select(member => $"m{member:D3}:{(member % 2 == 0 ? wants : "t1,t2,t3")}").ToArray();

        var shares = Assignor.Assign(AssignorNames.Sticky, Problem([.. Enumerable.Repeat(50, 20)], [], members));

        // Half of the members want three topics only, which they then have to themselves.
        Assert.Equal([17, 3], shares.Select(share => share.Count).Distinct());
    }

    private static Comparer<TopicPartition> Comparer { get; } = Comparer<TopicPartition>.Create((left, right) => string.CompareOrdinal(left.ToString(), right.ToString()));

    private static IEnumerable<TopicPartition> Partitions(GroupTopic topic) => Enumerable.Range(0, topic.Partitions).Select(partition => new TopicPartition(topic.Id, partition));

    private static Dictionary<TopicPartition, int> Where(IReadOnlyList<TopicPartition>[] shares) =>
        shares.SelectMany((share, member) => share.Select(partition => (partition, member))).ToDictionary(pair => pair.partition, pair => pair.member);

    /// <summary>Evenness first, then what moves from whoever had it and could keep it.</summary>
    private static (long Squares, int Moved) Cost(AssignmentProblem problem, Dictionary<TopicPartition, int> where)
    {
        var counts = new int[problem.Members.Count];
        var moved = 0;
        foreach (var (partition, member) in where)
        {
            counts[member]++;
            var place = problem.Topics.ToList().FindIndex(topic => topic.Id == partition.Topic);
            var had = problem.Members.ToList().FindIndex(other => other.Previous.Contains(partition) && other.Topics.Contains(place));
            moved += had >= 0 && had != member ? 1 : 0;
        }

        return (counts.Sum(count => (long)count * count), moved);
    }

    private static IEnumerable<(long Squares, int Moved)> All(AssignmentProblem problem)
    {
        var partitions = problem.Topics.SelectMany((topic, place) => Partitions(topic).Select(partition => (partition, place))).ToList();
        var where = new Dictionary<TopicPartition, int>();
        return From(0);

        IEnumerable<(long, int)> From(int next)
        {
            if (next == partitions.Count)
            {
                yield return Cost(problem, where);
                yield break;
            }

            var (partition, place) = partitions[next];
            var isWanted = false;
            for (var member = 0; member < problem.Members.Count; member++)
            {
                if (!problem.Members[member].Topics.Contains(place))
                    continue;
                isWanted = true;
                where[partition] = member;
                foreach (var cost in From(next + 1))
                    yield return cost;
                where.Remove(partition);
            }

            if (isWanted)
                yield break;
            foreach (var cost in From(next + 1))
                yield return cost;
        }
    }

    /// <summary>Members as they may follow on others: what they had before is of an assignment that some of them had, partly of topics that are gone or not wanted any more.</summary>
    private static AssignmentProblem Draw(Random random, bool isUniform, int mostMembers = 6, int mostTopics = 4, int mostPartitions = 7)
    {
        GroupTopic[] topics = [.. Enumerable.Range(0, random.Next(1, mostTopics + 1)).Select(topic => Topic(topic, random.Next(1, mostPartitions + 1)))];
        var members = random.Next(1, mostMembers + 1);
        var same = Some(random, topics.Length);
        var previous = Enumerable.Range(0, members).Select(_ => new List<TopicPartition>()).ToArray();
        foreach (var partition in topics.Append(Topic(99, 2)).SelectMany(Partitions))
        {
            if (random.Next(3) > 0)
                previous[random.Next(members)].Add(partition);
        }

        return new AssignmentProblem(
            [.. previous.Select((had, member) => new AssignmentMember($"m{member}", random.Next(4) == 0 ? $"i{random.Next(9)}{member}" : null, isUniform ? same : Some(random, topics.Length), had))],
            topics);
    }

    private static int[] Some(Random random, int topics) => [.. Enumerable.Range(0, topics).Where(_ => random.Next(3) > 0)];

    private static string[] Assign(string name, int[] partitions, params string[] members)
    {
        var problem = Problem(partitions, [], members);
        return [.. Assignor.Assign(name, problem).Select(share => string.Join(' ', share.Select(partition => $"{problem.Topics.Single(topic => topic.Id == partition.Topic).Name}p{partition.Partition}")))];
    }

    /// <param name="members">As <c>C0:t0,t1</c>.</param>
    private static AssignmentProblem Problem(int[] partitions, IReadOnlyList<TopicPartition>[] previous, params string[] members)
    {
        GroupTopic[] topics = [.. partitions.Select((count, topic) => Topic(topic, count))];
        return new AssignmentProblem(
            [
                .. members.Select((member, i) => new AssignmentMember(
                    member.Split(':')[0], null, [.. member.Split(':')[1].Split(',').Select(name => int.Parse(name[1..], CultureInfo.InvariantCulture)).Order()], i < previous.Length ? previous[i] : [])),
            ],
            topics);
    }

    private static GroupTopic Topic(int number, int partitions) => new(new TopicId(new Guid(number + 1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])), $"t{number}", partitions);
}

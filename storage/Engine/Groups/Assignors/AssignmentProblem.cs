using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups.Assignors;

/// <summary>What is to be shared out among whom.</summary>
/// <param name="Members">In any order: <see cref="Order"/> is how assignors go through them.</param>
/// <param name="Topics">In the order of their names.</param>
internal sealed record AssignmentProblem(IReadOnlyList<AssignmentMember> Members, IReadOnlyList<GroupTopic> Topics)
{
    /// <summary>Places of members as Kafka's assignors go through them: those with an instance id first, by it, then the others by member id.</summary>
    public int[] Order()
    {
        var order = Enumerable.Range(0, Members.Count).ToArray();
        Array.Sort(order, (left, right) => Compare(Members[left], Members[right]));
        return order;
    }

    /// <summary>A list for each member, as empty as it begins.</summary>
    public List<TopicPartition>[] NoShares() => [.. Members.Select(_ => new List<TopicPartition>())];

    /// <summary>By the order of topics, then by number.</summary>
    public void Sort(List<TopicPartition>[] shares)
    {
        var places = new Dictionary<TopicId, int>();
        for (var i = 0; i < Topics.Count; i++)
            places.Add(Topics[i].Id, i);
        foreach (var share in shares)
        {
            share.Sort((left, right) =>
                left.Topic == right.Topic ? left.Partition.CompareTo(right.Partition) : places[left.Topic].CompareTo(places[right.Topic]));
        }
    }

    private static int Compare(AssignmentMember left, AssignmentMember right) => (left.InstanceId, right.InstanceId) switch
    {
        ({ } one, { } other) when one != other => string.CompareOrdinal(one, other),
        ({ }, null) => -1,
        (null, { }) => 1,
        _ => string.CompareOrdinal(left.Member, right.Member),
    };
}

using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.Following;

/// <summary>Lets the partitions of a stream go on behind the last event that a client has seen. Pure.</summary>
internal static class EventResumption
{
    /// <summary>
    /// Null, or why the id is none of this stream's. Of one topic every partition has its place in every id; one that is missing has come to the topic since and is read
    /// from its first record. Of named partitions those that are missing begin as the request says.
    /// </summary>
    public static ApiError? Apply(string id, IReadOnlyList<FollowedPartition> partitions, EventIdForm form)
    {
        if (!EventPosition.TryParse(id, out var positions))
            return FormErrors.BadParameter($"The event id '{id}' is none; {Example(partitions, form)}");
        var places = partitions.ToDictionary(partition => (form == EventIdForm.Topics ? partition.TopicName : null, partition.Number));
        foreach (var position in positions)
        {
            if (!places.ContainsKey((position.Topic, position.Partition)))
                return FormErrors.BadParameter($"The event id '{id}' is of another stream: this one has no {EventPosition.PrefixOf(position.Topic, position.Partition)[..^1]}; {Example(partitions, form)}");
        }

        if (form == EventIdForm.Partitions)
        {
            foreach (var partition in partitions)
                partition.GoOnAt(0);
        }

        foreach (var position in positions)
            places[(position.Topic, position.Partition)].GoOnAt(position.Next);
        return null;
    }

    private static string Example(IReadOnlyList<FollowedPartition> partitions, EventIdForm form)
    {
        var example = new EventPosition(form == EventIdForm.Topics ? partitions[0].TopicName : null, partitions[0].Number, Next: 42);
        return $"it is as the stream's last event had it, for instance {example}.";
    }
}

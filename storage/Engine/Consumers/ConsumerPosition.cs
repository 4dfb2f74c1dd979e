using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Consumers;

/// <summary>How far a consumer instance has come in one of its partitions.</summary>
/// <param name="TopicId">The incarnation of the topic that the numbers belong to; null while there are none.</param>
/// <param name="Next">Of the first record that no poll has given out; null: nobody has looked yet where to begin.</param>
/// <param name="Committed">What the group knows, as far as this instance does; null: nothing.</param>
public sealed record ConsumerPosition(string Topic, int Partition, TopicId? TopicId = null, long? Next = null, long? Committed = null)
{
    public bool Is(string topic, int partition) => Partition == partition && Topic == topic;

    /// <summary>Something was given out, or sought, that is not committed.</summary>
    public bool IsUncommitted => Next is { } next && next != Committed;
}

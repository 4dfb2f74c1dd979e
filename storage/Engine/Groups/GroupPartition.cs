using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>A partition of one incarnation of a topic, with the name that the topic has.</summary>
public readonly record struct GroupPartition(string Topic, TopicId TopicId, int Partition)
{
    public TopicPartition Key => new(TopicId, Partition);
}

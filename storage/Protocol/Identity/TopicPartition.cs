using System.Globalization;

namespace ManagedLog.Protocol.Identity;

/// <summary>One partition of one incarnation of a topic. <paramref name="Partition"/> counts from 0.</summary>
public readonly record struct TopicPartition(TopicId Topic, int Partition)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Topic}-{Partition}");
}

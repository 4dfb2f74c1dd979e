using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>A topic as it was when a group's partitions were shared out.</summary>
internal readonly record struct GroupTopic(TopicId Id, string Name, int Partitions);

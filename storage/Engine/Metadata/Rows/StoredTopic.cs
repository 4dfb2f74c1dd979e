using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>A topic's row as it was read, and the ETag under which it may be changed.</summary>
internal sealed record StoredTopic(Topic Topic, TopicState State, ETag ETag);

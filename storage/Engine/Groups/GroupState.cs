using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>A group's head as it was read.</summary>
/// <param name="ReadAt">By the storage service's clock.</param>
internal sealed record StoredHead(GroupHeadRow Row, ETag ETag, DateTimeOffset ChangedAt, DateTimeOffset ReadAt);

/// <summary>
/// What a change of a group is decided from: its head, the rows of its members, read after it, and the topics there are, read after it too. If the head is still the same when the change
/// is committed, then members are those, for nobody comes or goes without replacing it.
/// </summary>
/// <param name="Head">Null: there is none.</param>
internal sealed record GroupState(StoredHead? Head, IReadOnlyList<StoredMember> Members, TopicSet Topics);

/// <summary>All topics, internal ones too, by name.</summary>
/// <param name="Version">How often this instance has seen them change: <see cref="GroupTopics.Version"/>.</param>
internal sealed record TopicSet(IReadOnlyList<GroupTopic> All, long Version);

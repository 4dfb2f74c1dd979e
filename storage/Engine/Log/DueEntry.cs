using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Log;

/// <summary>A row of due work as it was read. Written again since, it has another ETag: then somebody announced more work, and the row must stay.</summary>
internal readonly record struct DueEntry(DueRow Row, ETag ETag);

/// <summary>The same for a group.</summary>
internal readonly record struct DueGroupEntry(GroupDueRow Row, ETag ETag);

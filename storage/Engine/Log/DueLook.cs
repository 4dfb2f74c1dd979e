using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>What one look at the index of due work found.</summary>
/// <param name="Due">Per partition, in the order of their times, the rows that are due.</param>
/// <param name="IsMore">There is more than was asked for.</param>
/// <param name="ReadAt">When it was read, by the service's clock; null when the index is empty.</param>
internal sealed record DueLook(IReadOnlyList<(TopicPartition Partition, IReadOnlyList<DueEntry> Rows)> Due, bool IsMore, DateTimeOffset? ReadAt)
{
    /// <summary>The same for consumer groups.</summary>
    public IReadOnlyList<(string Group, IReadOnlyList<DueGroupEntry> Rows)> Groups { get; init; } = [];

    public bool IsNothing => Due.Count == 0 && Groups.Count == 0;
}

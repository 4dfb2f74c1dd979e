using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>What of a group is to be taken away, decided from its rows.</summary>
/// <param name="Rows">To be deleted if nobody has changed them since.</param>
/// <param name="IsOver">Nobody is there and nothing is left: the group itself is to go.</param>
/// <param name="NextIn">When the next offset's retention ends.</param>
internal sealed record RetentionPlan(IReadOnlyList<(string Key, ETag ETag)> Rows, bool IsOver, TimeSpan NextIn);

internal static class RetentionRules
{
    /// <summary>How long a group stays that has neither members nor offsets.</summary>
    public static readonly TimeSpan NothingStays = TimeSpan.FromHours(1);

    /// <summary>
    /// Rows were read after the head, and the topics after them. Offsets of topics that a member reads are kept; others are kept for the retention since they were
    /// committed, and since the last member went.
    /// </summary>
    public static RetentionPlan Decide(StoredHead head, IReadOnlyList<StoredOwner> owners, IReadOnlyList<StoredOffset> offsets, IReadOnlyList<GroupTopic> topics, TimeSpan retention)
    {
        var rows = new List<(string, ETag)>();
        foreach (var owner in owners)
        {
            if (Reconciliation.IsGone(owner.Row, head.Row))
                rows.Add((StorageLayout.OwnerRowKey(owner.Partition), owner.ETag));
        }

        var standing = topics.Select(topic => topic.Id).ToHashSet();
        var wanted = head.Row.Topics.Select(topic => topic.Id).ToHashSet();
        var emptySince = DateTimeOffset.FromUnixTimeMilliseconds(head.Row.EmptySince);
        var kept = 0;
        var next = TimeSpan.MaxValue;
        foreach (var offset in offsets)
        {
            var left = Left(offset);
            if (left > TimeSpan.Zero)
            {
                kept++;
                next = left < next ? left : next;
            }
            else
            {
                rows.Add((StorageLayout.OffsetRowKey(offset.Partition), offset.ETag));
            }
        }

        if (kept == 0 && head.Row.Shares.Count == 0)
            next = NothingStays - (head.ReadAt - head.ChangedAt);
        return new RetentionPlan(rows, kept == 0 && head.Row.Shares.Count == 0 && next <= TimeSpan.Zero, next);

        TimeSpan Left(StoredOffset offset)
        {
            if (!standing.Contains(offset.Partition.Topic))
                return TimeSpan.Zero;
            if (wanted.Contains(offset.Partition.Topic))
                return TimeSpan.MaxValue;
            var since = head.Row.Shares.Count == 0 && emptySince > offset.CommittedAt ? emptySince : offset.CommittedAt;
            return retention - (offset.ReadAt - since);
        }
    }
}

using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>A member is there, and may give partitions up.</summary>
/// <param name="Epoch">That joining answered.</param>
public sealed record HeartbeatRequest(MemberId Member, long Epoch)
{
    /// <summary>
    /// Partitions that it was asked to give up and has done with: finished and committed. Others get them from now on. One that it does not own, or is to keep, is passed over,
    /// so naming one again does no harm.
    /// </summary>
    public IReadOnlyList<TopicPartition> Released { get; init; } = [];

    /// <summary>What it wants to read from now on; null: what it wanted before. It keeps its epoch and what it owns of what it still wants.</summary>
    public MemberSubscription? Subscription { get; init; }
}

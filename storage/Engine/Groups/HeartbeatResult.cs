namespace ManagedLog.Engine.Groups;

/// <summary>What a member has, by topic and partition.</summary>
/// <param name="Epoch">Of the member: to be given with each heartbeat and commit until it joins again.</param>
/// <param name="Generation">Of the group: how partitions are to be shared out. It grows whenever that changes.</param>
/// <param name="Owned">Nobody else has them until it gives them up or counts as gone: it may work on them and commit.</param>
/// <param name="ToRevoke">Of those it owns, the ones that others are to get: to be finished, committed, and named in a later heartbeat's <see cref="HeartbeatRequest.Released"/>.</param>
/// <param name="Awaited">It is to get them, and somebody else has not given them up yet. Heartbeat again soon.</param>
public sealed record HeartbeatResult(
    long Epoch, long Generation, IReadOnlyList<GroupPartition> Owned, IReadOnlyList<GroupPartition> ToRevoke, IReadOnlyList<GroupPartition> Awaited)
{
    /// <summary>Nothing is to be given up or waited for.</summary>
    public bool IsSettled => ToRevoke.Count == 0 && Awaited.Count == 0;
}

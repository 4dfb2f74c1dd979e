namespace ManagedLog.Engine.Groups;

/// <summary>A group as it stands, read at one moment or in the course of a few reads.</summary>
/// <param name="Assignor">Null: it never had a member.</param>
/// <param name="Generation">Grows whenever members or topics change.</param>
/// <param name="Members">Those that count as there, by id.</param>
public sealed record GroupDescription(GroupId Group, GroupStatus Status, string? Assignor, long Generation, IReadOnlyList<MemberDescription> Members)
{
    public bool IsSimple => Assignor is null;
}

/// <summary>A member as it stands.</summary>
/// <param name="LastSeenAt">When it was last heard of, by the storage service's clock.</param>
/// <param name="Owned">What it works on.</param>
/// <param name="Target">What it is to work on.</param>
public sealed record MemberDescription(
    MemberId Member, long Epoch, MemberSubscription Subscription, DateTimeOffset LastSeenAt, IReadOnlyList<GroupPartition> Owned, IReadOnlyList<GroupPartition> Target)
{
    public string ClientId { get; init; } = "";

    public string? InstanceId { get; init; }

    public TimeSpan SessionTimeout { get; init; }
}

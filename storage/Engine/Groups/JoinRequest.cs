namespace ManagedLog.Engine.Groups;

/// <summary>
/// A member comes, or comes back: under a new epoch in either case, which ends what was done under the one before. To be sent again, the same, when the answer was lost.
/// </summary>
public sealed record JoinRequest(MemberId Member, MemberSubscription Subscription)
{
    public static readonly TimeSpan DefaultSessionTimeout = TimeSpan.FromSeconds(45);
    public static readonly TimeSpan MinSessionTimeout = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxSessionTimeout = TimeSpan.FromHours(24);

    /// <summary>For people: which program it is.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>For people: which instance of it, where it has a lasting name.</summary>
    public string? InstanceId { get; init; }

    /// <summary>It counts as gone when it has not been heard of for so long, by the storage service's clock.</summary>
    public TimeSpan SessionTimeout { get; init; } = DefaultSessionTimeout;

    /// <summary>How it would like partitions to be shared out: one of <see cref="AssignorNames"/>. Null: as the others do. What most members want is done.</summary>
    public string? Assignor { get; init; }
}

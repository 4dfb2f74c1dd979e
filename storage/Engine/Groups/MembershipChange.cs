using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>What is to become of a group's members.</summary>
/// <param name="Member">Whom it is about; null: nobody in particular.</param>
internal sealed record MembershipChange(MembershipChangeKind Kind, string? Member)
{
    /// <summary>Of whoever comes: its row but for the epoch. Of whoever wants something else: what it wants is taken from it.</summary>
    public GroupMemberRow? Row { get; private init; }

    /// <summary>Under which the member acts; null: any.</summary>
    public long? Epoch { get; private init; }

    public static MembershipChange Join(string member, GroupMemberRow row) => new(MembershipChangeKind.Join, member) { Row = row };

    public static MembershipChange Resubscribe(string member, long epoch, GroupMemberRow row) => new(MembershipChangeKind.Resubscribe, member) { Epoch = epoch, Row = row };

    public static MembershipChange Leave(string member, long? epoch) => new(MembershipChangeKind.Leave, member) { Epoch = epoch };

    /// <summary>Whoever has not been heard of goes, and what became of topics counts.</summary>
    public static MembershipChange Refresh { get; } = new(MembershipChangeKind.Refresh, null);

    /// <summary>All go.</summary>
    public static MembershipChange Disband { get; } = new(MembershipChangeKind.Disband, null);
}

internal enum MembershipChangeKind
{
    Join = 0,
    Resubscribe,
    Leave,
    Refresh,
    Disband,
}

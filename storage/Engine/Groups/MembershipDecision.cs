using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>What follows from a group's rows: an answer at once, or a transaction to be committed before it counts.</summary>
internal sealed record MembershipDecision
{
    public Refusal? Refusal { get; private init; }

    /// <summary>The group is being deleted: that has to be finished first.</summary>
    public bool IsDeletionInTheWay { get; private init; }

    /// <summary>Null: nothing is to be changed. The head's operation is the first, the one of the member that it is about, if any, the second.</summary>
    public RowBatch? Batch { get; private init; }

    /// <summary>As it is, or will be.</summary>
    public GroupHeadRow? Head { get; private init; }

    /// <summary>Of the member that it is about, as it will be; null: gone, or about nobody.</summary>
    public GroupMemberRow? Member { get; private init; }

    /// <summary>
    /// Rows of members that found no room in the transaction, with what is to be merged into them afterwards, so that they learn that they have news. Should that be lost, they learn
    /// it later.
    /// </summary>
    public IReadOnlyList<(string Member, Dictionary<string, RowValue> Properties)> Afterwards { get; private init; } = [];

    /// <summary>More is to be done than fits into one transaction: decide again.</summary>
    public bool IsMore { get; private init; }

    public static MembershipDecision Refuse(Refusal refusal) => new() { Refusal = refusal };

    public static MembershipDecision FinishDeletion { get; } = new() { IsDeletionInTheWay = true };

    public static MembershipDecision Nothing(GroupHeadRow? head) => new() { Head = head };

    public static MembershipDecision Commit(
        RowBatch batch, GroupHeadRow head, GroupMemberRow? member, IReadOnlyList<(string, Dictionary<string, RowValue>)> afterwards, bool isMore) =>
        new() { Batch = batch, Head = head, Member = member, Afterwards = afterwards, IsMore = isMore };
}

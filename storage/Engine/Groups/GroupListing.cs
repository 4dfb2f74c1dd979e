namespace ManagedLog.Engine.Groups;

/// <summary>A group in a list.</summary>
/// <param name="Assignor">Null: it never had a member.</param>
public sealed record GroupListing(GroupId Group, GroupStatus Status, string? Assignor)
{
    /// <summary>It never had a member: clients that assign partitions to themselves commit under its name.</summary>
    public bool IsSimple => Assignor is null;
}

/// <summary>Some groups in the order of their names.</summary>
/// <param name="Next">Where the next page goes on; null: this is the last.</param>
public sealed record GroupPage(IReadOnlyList<GroupListing> Groups, string? Next);

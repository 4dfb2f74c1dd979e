namespace ManagedLog.Engine.Metadata.Rows;

internal enum GroupHeadState
{
    Open = 0,

    /// <summary>Nobody can join or commit any more, and what the group left is being deleted.</summary>
    Deleting,

    /// <summary>Nothing of it is left but this row, which stays for a while so that a group by the same name never has an epoch again that this one had.</summary>
    Deleted,
}

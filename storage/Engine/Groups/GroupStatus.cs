namespace ManagedLog.Engine.Groups;

/// <summary>How a group is.</summary>
public enum GroupStatus
{
    /// <summary>It has offsets and no members.</summary>
    Empty = 0,

    /// <summary>Partitions are on their way from one member to another.</summary>
    Reconciling,

    /// <summary>Each partition is with whom it should be.</summary>
    Stable,

    /// <summary>It was deleted.</summary>
    Dead,
}

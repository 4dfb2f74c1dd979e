namespace ManagedLog.Engine.Log;

/// <summary>What can be due for a partition, in the order in which it is done.</summary>
internal enum MaintenanceKind
{
    /// <summary>Nothing (any more).</summary>
    None = 0,

    /// <summary>The active segment may be old enough to be rolled: find out what stands in it.</summary>
    ExamineActive,

    /// <summary>It is; or it is sealed already and its roll was not finished.</summary>
    RollActive,

    /// <summary>Retention allows more to go: the head says so first.</summary>
    AdvanceLogStart,

    /// <summary>Segments wholly below the log start leave the chain.</summary>
    RemoveSegments,

    /// <summary>Blobs of segments below the first of the chain: nothing can ever name one again.</summary>
    FreeBlobs,

    /// <summary>Readers have had an hour to go over to the rewritten segments: what they replaced can go.</summary>
    DropDead,

    /// <summary>Enough was written since the log was last compacted, or a pass is under way.</summary>
    Compact,

    /// <summary>Compacted tombstones have been kept long enough.</summary>
    DropTombstones,

    /// <summary>A sealed segment still stands in the many small blocks in which it was appended.</summary>
    Rewrite,

    /// <summary>Look for blobs that nothing names.</summary>
    SweepOrphans,
}

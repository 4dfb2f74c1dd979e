namespace ManagedLog.Proof.History.Judging;

/// <summary>What can be wrong with a history.</summary>
internal enum AnomalyKind
{
    /// <summary>Acknowledged, and not there; nor, where records are compacted, a later one of its key.</summary>
    Lost,

    /// <summary>One record at two offsets.</summary>
    Duplicated,

    /// <summary>A record stands before one that was known to stand when it was sent, or the records of one request are not in their order.</summary>
    Reordered,

    /// <summary>An offset showed two records, or a record that nobody wrote.</summary>
    Changed,

    /// <summary>Only a part of the records of one request is there.</summary>
    Torn,

    /// <summary>An offset without a record in the midst of others, and nothing that would let compaction take it away.</summary>
    Gap,

    /// <summary>A reader saw a record above the high watermark, or one that was then not there.</summary>
    ReadBeforeCommitted,

    /// <summary>The offsets of a reader, the high watermark or the log start went back.</summary>
    NonMonotonic,

    /// <summary>A read from a time began at another record than the first of that time.</summary>
    WrongStart,

    /// <summary>Acknowledged at an offset at which another record stands.</summary>
    WrongOffset,

    /// <summary>What compaction had taken away, or a tombstone had ended, was there again.</summary>
    Resurrected,

    /// <summary>Reported as not appended, and yet found.</summary>
    FailedButRead,

    /// <summary>A sequence was refused although the one before it had been acknowledged.</summary>
    SequenceRefused,

    /// <summary>Nothing was acknowledged any more after the last fault was over.</summary>
    Stuck,

    /// <summary>An instance itself reported what must not be.</summary>
    Broken,

    /// <summary>No pass at the end read the whole partition, so nothing can be said.</summary>
    Unread,
}

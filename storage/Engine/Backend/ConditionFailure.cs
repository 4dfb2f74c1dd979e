namespace ManagedLog.Engine.Backend;

/// <summary>Which condition of a call did not hold.</summary>
public enum ConditionFailure
{
    None = 0,

    /// <summary>Something by that name exists already.</summary>
    Exists,

    /// <summary>The append blob does not end where the caller believed.</summary>
    AppendPosition,

    /// <summary>The append blob has 50,000 blocks: nothing can ever be appended to it.</summary>
    BlockCount,

    /// <summary>The row or blob was changed since its ETag was read.</summary>
    ETag,

    /// <summary>The lease is held by another, or not (any more) by the caller.</summary>
    Lease,
}

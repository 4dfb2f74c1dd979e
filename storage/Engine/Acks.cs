namespace ManagedLog.Engine;

/// <summary>When a produce is answered.</summary>
public enum Acks
{
    /// <summary>Once it is queued; nothing is promised and no offset is known.</summary>
    None = 0,

    /// <summary>Once it stands on the leader replica; a failover may lose it.</summary>
    Leader = 1,

    /// <summary>Once it stands on every in-sync replica (the default).</summary>
    All = -1,
}

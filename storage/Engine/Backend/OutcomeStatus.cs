namespace ManagedLog.Engine.Backend;

/// <summary>What is known after one call to storage. There are no others: whoever calls handles all five.</summary>
public enum OutcomeStatus
{
    /// <summary>Took effect, and the answer is here.</summary>
    Done = 0,

    /// <summary>A condition of the call does not hold; nothing was done. <see cref="Outcome{T}.Failure"/> says which.</summary>
    ConditionFailed,

    /// <summary>The blob, row or table does not exist; nothing was done.</summary>
    Missing,

    /// <summary>The service is busy; nothing was done and the same call may be made again after a while.</summary>
    Throttled,

    /// <summary>Sent, but no answer that settles it: it may have happened, and it may still happen minutes later.</summary>
    Unknown,
}

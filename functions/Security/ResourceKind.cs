namespace ManagedLog.Functions.Security;

internal enum ResourceKind
{
    Topic = 0,

    /// <summary>A consumer group.</summary>
    Group,

    /// <summary>What concerns the log as a whole: API keys, the audit and the other internal topics, metrics.</summary>
    Cluster,
}

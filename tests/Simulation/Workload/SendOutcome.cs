namespace ManagedLog.Simulation.Workload;

/// <summary>What a client knows of what it sent.</summary>
internal enum SendOutcome
{
    Acknowledged = 0,

    /// <summary>Certainly not done; may be sent again.</summary>
    Failed,

    /// <summary>Never to be sent again.</summary>
    Unknown,
}

namespace ManagedLog.Functions.Security.Auditing;

/// <summary>What is done with an administrative change that cannot be written down.</summary>
internal enum AuditMode
{
    /// <summary>It is not made.</summary>
    Required = 0,

    /// <summary>It is made, and that it was not written down is logged and counted.</summary>
    BestEffort,

    /// <summary>Nothing is ever written down.</summary>
    Off,
}

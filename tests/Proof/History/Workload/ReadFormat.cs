namespace ManagedLog.Proof.History.Workload;

/// <summary>How a fetch is answered.</summary>
internal enum ReadFormat
{
    Binary,
    Json,
    Raw,
}

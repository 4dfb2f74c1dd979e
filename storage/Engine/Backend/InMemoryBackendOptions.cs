namespace ManagedLog.Engine.Backend;

/// <summary>Limits of the in-memory twin. The defaults are the service's; a test sets smaller ones to meet them soon.</summary>
public sealed record InMemoryBackendOptions
{
    /// <summary>Blocks of one append blob.</summary>
    public int MaxBlocks { get; init; } = StorageLimits.MaxBlocks;

    /// <summary>Rows of one page of a query, whatever the query asks for.</summary>
    public int MaxRowsPerPage { get; init; } = StorageArguments.MaxQueriedRows;

    /// <summary>Blobs of one page of a list, whatever the caller asks for.</summary>
    public int MaxBlobsPerPage { get; init; } = StorageArguments.MaxListedBlobs;
}

namespace ManagedLog.Engine.Backend;

/// <summary>Limits of the storage service that the engine plans with (learn.microsoft.com/azure/storage/blobs/scalability-targets).</summary>
public static class StorageLimits
{
    /// <summary>Blocks of one append blob; the 50,001st append answers BlockCountExceedsLimit.</summary>
    public const int MaxBlocks = 50_000;

    /// <summary>One appended block, from service version 2022-11-02 on.</summary>
    public const int MaxAppendBytes = 100 * 1024 * 1024;

    /// <summary>What we allow a blob that is put in one call; the service itself takes more.</summary>
    public const int MaxPutBytes = 64 * 1024 * 1024;

    public static readonly TimeSpan MinLease = TimeSpan.FromSeconds(15);

    public static readonly TimeSpan MaxLease = TimeSpan.FromSeconds(60);
}

namespace ManagedLog.Engine.Backend;

/// <summary>What every backend checks before it sends anything: mistakes of the caller, which throw instead of costing a round trip.</summary>
public static class StorageArguments
{
    /// <summary>The service refuses longer names (learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata).</summary>
    public const int MaxBlobNameCharacters = 1024;

    public const int MaxBlockIdCharacters = 64;
    public const int MaxListedBlobs = 5000;
    public const int MaxQueriedRows = 1000;

    public static void CheckBlob(string blob)
    {
        ArgumentException.ThrowIfNullOrEmpty(blob);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blob.Length, MaxBlobNameCharacters);
    }

    public static void CheckAppend(long position, ReadOnlyMemory<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfZero(content.Length, nameof(content));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, StorageLimits.MaxAppendBytes, nameof(content));
    }

    public static void CheckRange(long position, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
    }

    public static void CheckPut(ReadOnlyMemory<byte> content) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, StorageLimits.MaxPutBytes, nameof(content));

    public static void CheckBlock(string blockId, ReadOnlyMemory<byte> content)
    {
        ArgumentException.ThrowIfNullOrEmpty(blockId);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blockId.Length, MaxBlockIdCharacters, nameof(blockId));
        foreach (var c in blockId)
        {
            if (!char.IsAscii(c))
                throw new ArgumentException($"A block id is ASCII: '{blockId}'.", nameof(blockId));
        }

        ArgumentOutOfRangeException.ThrowIfZero(content.Length, nameof(content));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, StorageLimits.MaxPutBytes, nameof(content));
    }

    public static void CheckBlockList(IReadOnlyList<string> blockIds)
    {
        ArgumentNullException.ThrowIfNull(blockIds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blockIds.Count, StorageLimits.MaxBlocks, nameof(blockIds));
    }

    public static void CheckList(string prefix, int maxBlobs)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBlobs);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBlobs, MaxListedBlobs);
    }

    public static void CheckQuery(RowQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(query.MaxRows, nameof(query));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.MaxRows, MaxQueriedRows, nameof(query));
    }

    public static void CheckBatch(RowBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfZero(batch.Operations.Count, nameof(batch));
    }

    /// <summary>The service counts leases in whole seconds.</summary>
    public static void CheckLease(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, StorageLimits.MinLease);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(duration, StorageLimits.MaxLease);
        ArgumentOutOfRangeException.ThrowIfNotEqual(duration.Ticks % TimeSpan.TicksPerSecond, 0, nameof(duration));
    }
}

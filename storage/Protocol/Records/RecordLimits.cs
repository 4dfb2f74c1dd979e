namespace ManagedLog.Protocol.Records;

/// <summary>Limits within a batch that Kafka's format does not set, so that one record cannot take more memory than its bytes justify.</summary>
public static class RecordLimits
{
    /// <summary>A record with more headers is not written, and a batch that holds one is malformed: two bytes of header become over 30 bytes of memory.</summary>
    public const int MaxHeaders = 10_000;

    /// <summary>
    /// What the records of one compressed batch may become: as much as a batch may have. One number for all, so that what is taken can be fetched, searched, compacted and found by its time.
    /// </summary>
    public const int MaxDecompressedBytes = RecordBatchCheck.MaxSizeInBytes;
}

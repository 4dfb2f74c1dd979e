namespace ManagedLog.Engine.Backend;

public enum StorageVerb
{
    Prepare = 0,
    CreateAppendBlob,
    Append,
    ReadRange,
    GetBlob,
    PutBlob,
    StageBlock,
    CommitBlocks,
    DeleteBlob,
    ListBlobs,
    ReadRow,
    QueryRows,
    CommitRows,
    AcquireLease,
    RenewLease,
    ReleaseLease,
}

/// <summary>One call as a decorator sees it: the verb, the blob, prefix or table it names, the row keys concerned if any, and the bytes it sends or asks for.</summary>
public readonly record struct StorageCall(StorageVerb Verb, string Target, string Key = "", long Bytes = 0)
{
    /// <summary>Only looks: repeating it changes nothing.</summary>
    public bool IsRead => Verb is StorageVerb.ReadRange or StorageVerb.GetBlob or StorageVerb.ListBlobs or StorageVerb.ReadRow or StorageVerb.QueryRows;
}

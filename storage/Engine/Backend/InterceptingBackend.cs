namespace ManagedLog.Engine.Backend;

/// <summary>
/// Base of everything that wraps a backend (retries, counts, faults): each verb goes through <see cref="InvokeAsync"/>. The verbs that send content
/// or look at rows can be overridden besides, by who must see or keep what is sent or asked.
/// </summary>
public abstract class InterceptingBackend(IStorageBackend inner) : IStorageBackend
{
    protected IStorageBackend Inner { get; } = inner;

    /// <summary>Runs <paramref name="proceed"/> once, more often, later or never.</summary>
    protected abstract ValueTask<Outcome<T>> InvokeAsync<T>(StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken);

    public ValueTask<Outcome<Nothing>> PrepareAsync(IReadOnlyList<string> tables, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.Prepare, ""), token => Inner.PrepareAsync(tables, token), cancellationToken);

    public ValueTask<Outcome<Nothing>> CreateAppendBlobAsync(string blob, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.CreateAppendBlob, blob), token => Inner.CreateAppendBlobAsync(blob, token), cancellationToken);

    public virtual ValueTask<Outcome<long>> AppendAsync(string blob, long position, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.Append, blob, "", content.Length), token => Inner.AppendAsync(blob, position, content, token), cancellationToken);

    public ValueTask<Outcome<BlobRange>> ReadRangeAsync(string blob, long position, int count, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.ReadRange, blob, "", count), token => Inner.ReadRangeAsync(blob, position, count, token), cancellationToken);

    public ValueTask<Outcome<BlobProperties>> GetBlobAsync(string blob, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.GetBlob, blob), token => Inner.GetBlobAsync(blob, token), cancellationToken);

    public virtual ValueTask<Outcome<ETag>> PutBlobAsync(string blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.PutBlob, blob, "", content.Length), token => Inner.PutBlobAsync(blob, content, token), cancellationToken);

    public virtual ValueTask<Outcome<Nothing>> StageBlockAsync(string blob, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.StageBlock, blob, blockId, content.Length), token => Inner.StageBlockAsync(blob, blockId, content, token), cancellationToken);

    public ValueTask<Outcome<ETag>> CommitBlocksAsync(string blob, IReadOnlyList<string> blockIds, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.CommitBlocks, blob), token => Inner.CommitBlocksAsync(blob, blockIds, token), cancellationToken);

    public ValueTask<Outcome<Nothing>> DeleteBlobAsync(string blob, ETag ifMatch, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.DeleteBlob, blob), token => Inner.DeleteBlobAsync(blob, ifMatch, token), cancellationToken);

    public ValueTask<Outcome<BlobPage>> ListBlobsAsync(string prefix, string? continuation, int maxBlobs, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.ListBlobs, prefix), token => Inner.ListBlobsAsync(prefix, continuation, maxBlobs, token), cancellationToken);

    public virtual ValueTask<Outcome<Row>> ReadRowAsync(string table, RowAddress address, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.ReadRow, table, $"{address.PartitionKey}/{address.RowKey}"), token => Inner.ReadRowAsync(table, address, token), cancellationToken);

    public virtual ValueTask<Outcome<RowPage>> QueryRowsAsync(string table, RowQuery query, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.QueryRows, table, $"{query.PartitionKey}/{query.FromRowKey}"), token => Inner.QueryRowsAsync(table, query, token), cancellationToken);

    public virtual ValueTask<Outcome<IReadOnlyList<ETag>>> CommitRowsAsync(string table, RowBatch batch, CancellationToken cancellationToken) =>
        InvokeAsync(
            new StorageCall(StorageVerb.CommitRows, table, $"{batch.PartitionKey}/{string.Join(',', batch.Operations.Select(o => o.RowKey))}"),
            token => Inner.CommitRowsAsync(table, batch, token),
            cancellationToken);

    public ValueTask<Outcome<Nothing>> AcquireLeaseAsync(string blob, Guid leaseId, TimeSpan duration, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.AcquireLease, blob), token => Inner.AcquireLeaseAsync(blob, leaseId, duration, token), cancellationToken);

    public ValueTask<Outcome<Nothing>> RenewLeaseAsync(string blob, Guid leaseId, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.RenewLease, blob), token => Inner.RenewLeaseAsync(blob, leaseId, token), cancellationToken);

    public ValueTask<Outcome<Nothing>> ReleaseLeaseAsync(string blob, Guid leaseId, CancellationToken cancellationToken) =>
        InvokeAsync(new StorageCall(StorageVerb.ReleaseLease, blob), token => Inner.ReleaseLeaseAsync(blob, leaseId, token), cancellationToken);
}

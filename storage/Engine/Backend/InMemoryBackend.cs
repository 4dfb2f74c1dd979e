namespace ManagedLog.Engine.Backend;

/// <summary>
/// A storage account in memory, with the service's conditions and limits: what tests and simulations run on, and what <c>--storage memory</c> uses.
/// It has no randomness, and no clock but the given one; every call answers at once. Content is copied in, and never changed after.
/// </summary>
/// <remarks>
/// As on the service, nothing is there before <see cref="PrepareAsync"/>: blobs and rows are <see cref="OutcomeStatus.Missing"/> until then.
/// What it holds is lost with the process.
/// </remarks>
public sealed class InMemoryBackend(TimeProvider time, InMemoryBackendOptions options) : IStorageBackend
{
    private readonly InMemoryBlobs _blobs = new(time, options);
    private readonly InMemoryTables _tables = new(time, options);

    /// <summary>With the service's own limits.</summary>
    public InMemoryBackend(TimeProvider time)
        : this(time, new InMemoryBackendOptions())
    {
    }

    public ValueTask<Outcome<Nothing>> PrepareAsync(IReadOnlyList<string> tables, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tables);
        return Answer(
            () =>
            {
                _blobs.Prepare();
                _tables.Prepare(tables);
                return Outcome.Done();
            },
            cancellationToken);
    }

    public ValueTask<Outcome<Nothing>> CreateAppendBlobAsync(string blob, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        return Answer(() => _blobs.CreateAppend(blob), cancellationToken);
    }

    public ValueTask<Outcome<long>> AppendAsync(string blob, long position, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckAppend(position, content);
        return Answer(() => _blobs.Append(blob, position, content), cancellationToken);
    }

    public ValueTask<Outcome<BlobRange>> ReadRangeAsync(string blob, long position, int count, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckRange(position, count);
        return Answer(() => _blobs.Read(blob, position, count), cancellationToken);
    }

    public ValueTask<Outcome<BlobProperties>> GetBlobAsync(string blob, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        return Answer(() => _blobs.Get(blob), cancellationToken);
    }

    public ValueTask<Outcome<ETag>> PutBlobAsync(string blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckPut(content);
        return Answer(() => _blobs.Put(blob, content), cancellationToken);
    }

    public ValueTask<Outcome<Nothing>> StageBlockAsync(string blob, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckBlock(blockId, content);
        return Answer(() => _blobs.Stage(blob, blockId, content), cancellationToken);
    }

    public ValueTask<Outcome<ETag>> CommitBlocksAsync(string blob, IReadOnlyList<string> blockIds, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckBlockList(blockIds);
        return Answer(() => _blobs.Commit(blob, blockIds), cancellationToken);
    }

    public ValueTask<Outcome<Nothing>> DeleteBlobAsync(string blob, ETag ifMatch, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        return Answer(() => _blobs.Delete(blob, ifMatch), cancellationToken);
    }

    public ValueTask<Outcome<BlobPage>> ListBlobsAsync(string prefix, string? continuation, int maxBlobs, CancellationToken cancellationToken)
    {
        StorageArguments.CheckList(prefix, maxBlobs);
        return Answer(() => _blobs.List(prefix, continuation, maxBlobs), cancellationToken);
    }

    public ValueTask<Outcome<Row>> ReadRowAsync(string table, RowAddress address, CancellationToken cancellationToken) =>
        Answer(() => _tables.Read(table, address), cancellationToken);

    public ValueTask<Outcome<RowPage>> QueryRowsAsync(string table, RowQuery query, CancellationToken cancellationToken)
    {
        StorageArguments.CheckQuery(query);
        return Answer(() => _tables.Query(table, query), cancellationToken);
    }

    public ValueTask<Outcome<IReadOnlyList<ETag>>> CommitRowsAsync(string table, RowBatch batch, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBatch(batch);
        return Answer(() => _tables.Commit(table, batch), cancellationToken);
    }

    public ValueTask<Outcome<Nothing>> AcquireLeaseAsync(string blob, Guid leaseId, TimeSpan duration, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckLease(duration);
        return Answer(() => _blobs.AcquireLease(blob, leaseId, duration), cancellationToken);
    }

    public ValueTask<Outcome<Nothing>> RenewLeaseAsync(string blob, Guid leaseId, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        return Answer(() => _blobs.RenewLease(blob, leaseId), cancellationToken);
    }

    public ValueTask<Outcome<Nothing>> ReleaseLeaseAsync(string blob, Guid leaseId, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        return Answer(() => _blobs.ReleaseLease(blob, leaseId), cancellationToken);
    }

    private static ValueTask<Outcome<T>> Answer<T>(Func<Outcome<T>> call, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<Outcome<T>>(cancellationToken);
        try
        {
            return ValueTask.FromResult(call());
        }
        catch (StorageRefusedException e)
        {
            return ValueTask.FromException<Outcome<T>>(e);
        }
    }
}

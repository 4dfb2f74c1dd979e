namespace ManagedLog.Engine.Backend;

/// <summary>
/// One storage account, as low as it can be cut: blobs, rows, leases. One verb is one round trip. Below it there is no retry, cache,
/// metric or decision, so that the in-memory twin runs all of our logic and a fault can be placed on every call, before or after its effect.
/// </summary>
/// <remarks>
/// Blob names are relative to the one container that the backend was made for; tables are named with the backend's prefix.
/// All verbs may be called concurrently. A cancelled token ends the wait, not the call: what it did is then unknown, and the verb throws
/// <see cref="OperationCanceledException"/>. Content buffers must not change until the verb has answered.
/// A call that the service will never accept (credentials, malformed request) throws <see cref="StorageRefusedException"/> and took no effect.
/// </remarks>
public interface IStorageBackend
{
    /// <summary>Makes sure that the container and the named tables exist. Idempotent; the one verb that is several round trips, made once at start.</summary>
    ValueTask<Outcome<Nothing>> PrepareAsync(IReadOnlyList<string> tables, CancellationToken cancellationToken);

    /// <summary>Creates an empty append blob; <see cref="ConditionFailure.Exists"/> if there is any blob by that name (which is never truncated).</summary>
    ValueTask<Outcome<Nothing>> CreateAppendBlobAsync(string blob, CancellationToken cancellationToken);

    /// <summary>
    /// Appends all of <paramref name="content"/> (1 byte to <see cref="StorageLimits.MaxAppendBytes"/>) as one block, if the blob ends exactly at <paramref name="position"/>.
    /// Answers the position after it. Atomic: readers see the whole block or nothing.
    /// Fails with <see cref="ConditionFailure.AppendPosition"/> or <see cref="ConditionFailure.BlockCount"/>; <see cref="OutcomeStatus.Missing"/> if there is no such blob.
    /// </summary>
    ValueTask<Outcome<long>> AppendAsync(string blob, long position, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Reads up to <paramref name="count"/> bytes from <paramref name="position"/> of a blob of either kind. At or beyond the end: empty content.</summary>
    ValueTask<Outcome<BlobRange>> ReadRangeAsync(string blob, long position, int count, CancellationToken cancellationToken);

    ValueTask<Outcome<BlobProperties>> GetBlobAsync(string blob, CancellationToken cancellationToken);

    /// <summary>Puts a whole block blob at once, if none by that name exists. For small ones: at most <see cref="StorageLimits.MaxPutBytes"/>.</summary>
    ValueTask<Outcome<ETag>> PutBlobAsync(string blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Stages a block of a block blob that does not exist yet. Block ids of one blob have the same length, at most 64 characters.</summary>
    ValueTask<Outcome<Nothing>> StageBlockAsync(string blob, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Makes a block blob of staged blocks, in this order, if none by that name exists.</summary>
    ValueTask<Outcome<ETag>> CommitBlocksAsync(string blob, IReadOnlyList<string> blockIds, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes a blob if it still has this ETag. Of a blob that is absent it answers <see cref="OutcomeStatus.Missing"/> or <see cref="ConditionFailure.ETag"/>:
    /// services differ in what they look at first.
    /// </summary>
    ValueTask<Outcome<Nothing>> DeleteBlobAsync(string blob, ETag ifMatch, CancellationToken cancellationToken);

    /// <summary>One page of the blobs whose names begin with <paramref name="prefix"/>, by name; at most <paramref name="maxBlobs"/> (1–5,000).</summary>
    ValueTask<Outcome<BlobPage>> ListBlobsAsync(string prefix, string? continuation, int maxBlobs, CancellationToken cancellationToken);

    ValueTask<Outcome<Row>> ReadRowAsync(string table, RowAddress address, CancellationToken cancellationToken);

    ValueTask<Outcome<RowPage>> QueryRowsAsync(string table, RowQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Commits 1–100 operations atomically and answers the new ETag of each row in order (of a deleted row: the default). Refused as a whole when one condition
    /// fails; <see cref="Outcome{T}.FailedOperation"/> is that operation's index.
    /// </summary>
    ValueTask<Outcome<IReadOnlyList<ETag>>> CommitRowsAsync(string table, RowBatch batch, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the lease of an existing blob under an id of the caller's choice for 15–60 s. Taking it again under the same id is idempotent;
    /// <see cref="ConditionFailure.Lease"/> while another id holds it. A lease saves duplicate work; nothing may be unsafe without it.
    /// </summary>
    ValueTask<Outcome<Nothing>> AcquireLeaseAsync(string blob, Guid leaseId, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Also brings back a lease that has run out, if nobody took it since.</summary>
    ValueTask<Outcome<Nothing>> RenewLeaseAsync(string blob, Guid leaseId, CancellationToken cancellationToken);

    ValueTask<Outcome<Nothing>> ReleaseLeaseAsync(string blob, Guid leaseId, CancellationToken cancellationToken);
}

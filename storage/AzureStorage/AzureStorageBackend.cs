using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Core.Pipeline;
using ManagedLog.AzureStorage.Blobs;
using ManagedLog.AzureStorage.Connection;
using ManagedLog.AzureStorage.Tables;
using ManagedLog.AzureStorage.Transport;
using ManagedLog.Engine.Backend;

namespace ManagedLog.AzureStorage;

/// <summary>
/// An Azure Storage account, or its emulator. It only translates: one verb is one request, never repeated, and what the service answers, or that it
/// does not answer, becomes an <see cref="Outcome{T}"/>. It has no state but its connections, which the whole process shares.
/// </summary>
public sealed partial class AzureStorageBackend : IStorageBackend
{
    private readonly AzureBlobs _blobs;
    private readonly AzureRows _rows;

    /// <param name="options">Which account, and what in it.</param>
    /// <param name="time">Dates requests and ends those that take too long.</param>
    /// <param name="credential">For an account that is given by its service addresses; otherwise unused.</param>
    /// <exception cref="ArgumentException">The options cannot be used; the message says why and quotes no secret.</exception>
    public AzureStorageBackend(AzureStorageOptions options, TimeProvider time, TokenCredential? credential = null)
        : this(options, time, credential, SharedTransport.Instance)
    {
    }

    internal AzureStorageBackend(AzureStorageOptions options, TimeProvider time, TokenCredential? credential, HttpPipelineTransport transport)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!ContainerName().IsMatch(options.Container))
            throw new ArgumentException($"A container has a name of 3 to 63 lower-case letters, digits and single hyphens, not '{options.Container}'.", nameof(options));
        if (!TablePrefix().IsMatch(options.TablePrefix))
            throw new ArgumentException($"A table prefix has letters and digits and begins with a letter, not '{options.TablePrefix}'.", nameof(options));
        var account = StorageAccount.From(options, credential);
        BlobEndpoint = account.BlobEndpoint;
        var caller = new StorageCaller(time);
        _blobs = new AzureBlobs(options, account, transport, caller);
        _rows = new AzureRows(options, account, transport, caller, time);
    }

    /// <summary>Where the account's blob service is.</summary>
    public Uri BlobEndpoint { get; }

    public async ValueTask<Outcome<Nothing>> PrepareAsync(IReadOnlyList<string> tables, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tables);
        var outcome = await _blobs.PrepareAsync(cancellationToken);
        foreach (var table in tables)
        {
            if (!outcome.IsDone)
                break;
            outcome = await _rows.PrepareAsync(table, cancellationToken);
        }

        return outcome;
    }

    public ValueTask<Outcome<Nothing>> CreateAppendBlobAsync(string blob, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        return _blobs.CreateAppendAsync(blob, cancellationToken);
    }

    public ValueTask<Outcome<long>> AppendAsync(string blob, long position, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckAppend(position, content);
        return _blobs.AppendAsync(blob, position, content, cancellationToken);
    }

    public ValueTask<Outcome<BlobRange>> ReadRangeAsync(string blob, long position, int count, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckRange(position, count);
        return _blobs.ReadRangeAsync(blob, position, count, cancellationToken);
    }

    public ValueTask<Outcome<BlobProperties>> GetBlobAsync(string blob, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        return _blobs.GetAsync(blob, cancellationToken);
    }

    public ValueTask<Outcome<ETag>> PutBlobAsync(string blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckPut(content);
        return _blobs.PutAsync(blob, content, cancellationToken);
    }

    public ValueTask<Outcome<Nothing>> StageBlockAsync(string blob, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckBlock(blockId, content);
        return _blobs.StageAsync(blob, blockId, content, cancellationToken);
    }

    public ValueTask<Outcome<ETag>> CommitBlocksAsync(string blob, IReadOnlyList<string> blockIds, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckBlockList(blockIds);
        return _blobs.CommitAsync(blob, blockIds, cancellationToken);
    }

    public ValueTask<Outcome<Nothing>> DeleteBlobAsync(string blob, ETag ifMatch, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        return _blobs.DeleteAsync(blob, ifMatch, cancellationToken);
    }

    public ValueTask<Outcome<BlobPage>> ListBlobsAsync(string prefix, string? continuation, int maxBlobs, CancellationToken cancellationToken)
    {
        StorageArguments.CheckList(prefix, maxBlobs);
        return _blobs.ListAsync(prefix, continuation, maxBlobs, cancellationToken);
    }

    public ValueTask<Outcome<Row>> ReadRowAsync(string table, RowAddress address, CancellationToken cancellationToken) =>
        _rows.ReadAsync(table, address, cancellationToken);

    public ValueTask<Outcome<RowPage>> QueryRowsAsync(string table, RowQuery query, CancellationToken cancellationToken)
    {
        StorageArguments.CheckQuery(query);
        return _rows.QueryAsync(table, query, cancellationToken);
    }

    public ValueTask<Outcome<IReadOnlyList<ETag>>> CommitRowsAsync(string table, RowBatch batch, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBatch(batch);
        return _rows.CommitAsync(table, batch, cancellationToken);
    }

    public ValueTask<Outcome<Nothing>> AcquireLeaseAsync(string blob, Guid leaseId, TimeSpan duration, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        StorageArguments.CheckLease(duration);
        return _blobs.AcquireLeaseAsync(blob, leaseId, duration, cancellationToken);
    }

    public ValueTask<Outcome<Nothing>> RenewLeaseAsync(string blob, Guid leaseId, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        return _blobs.RenewLeaseAsync(blob, leaseId, cancellationToken);
    }

    public ValueTask<Outcome<Nothing>> ReleaseLeaseAsync(string blob, Guid leaseId, CancellationToken cancellationToken)
    {
        StorageArguments.CheckBlob(blob);
        return _blobs.ReleaseLeaseAsync(blob, leaseId, cancellationToken);
    }

    [GeneratedRegex("^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex ContainerName();

    [GeneratedRegex("^([A-Za-z][A-Za-z0-9]{0,39})?$")]
    private static partial Regex TablePrefix();
}

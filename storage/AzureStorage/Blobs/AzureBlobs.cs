using System.Globalization;
using System.Text;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using ManagedLog.AzureStorage.Connection;
using ManagedLog.AzureStorage.Transport;
using ManagedLog.Engine.Backend;
using BlobProperties = ManagedLog.Engine.Backend.BlobProperties;
using ETag = ManagedLog.Engine.Backend.ETag;
using ServiceETag = Azure.ETag;

namespace ManagedLog.AzureStorage.Blobs;

/// <summary>Blobs and leases of one container: each verb is one request, translated.</summary>
internal sealed class AzureBlobs
{
    // The first version that takes blocks of 100 MiB.
    private const BlobClientOptions.ServiceVersion Version = BlobClientOptions.ServiceVersion.V2022_11_02;
    private const string VersionHeader = "2022-11-02";

    private readonly AzureStorageOptions _options;
    private readonly StorageCaller _caller;
    private readonly BlobContainerClient _container;
    private readonly PutBlobRequests _puts;
    private readonly AppendBlockRequests _appends;

    public AzureBlobs(AzureStorageOptions options, StorageAccount account, HttpPipelineTransport transport, StorageCaller caller)
    {
        _options = options;
        _caller = caller;
        var service = Client(account, transport);
        _container = service.GetBlobContainerClient(options.Container);
        var pipeline = new BlobPipeline(service, VersionHeader);
        _puts = new PutBlobRequests(pipeline);
        _appends = new AppendBlockRequests(pipeline);
    }

    public ValueTask<Outcome<Nothing>> PrepareAsync(CancellationToken cancellationToken) => _caller.CallAsync(
        _options.CallTimeout,
        async token =>
        {
            await _container.CreateAsync(cancellationToken: token);
            return default(Nothing);
        },
        static e => e.ErrorCode == "ContainerAlreadyExists" ? Outcome.Done() : null,
        cancellationToken);

    public ValueTask<Outcome<Nothing>> CreateAppendAsync(string blob, CancellationToken cancellationToken) => _caller.CallAsync(
        _options.CallTimeout,
        async token =>
        {
            // Without the condition the service would truncate a blob that is there.
            var creation = new AppendBlobCreateOptions { Conditions = new AppendBlobRequestConditions { IfNoneMatch = ServiceETag.All } };
            await _container.GetAppendBlobClient(blob).CreateAsync(creation, token);
            return default(Nothing);
        },
        BlobFailures.OfCreate<Nothing>,
        cancellationToken);

    public ValueTask<Outcome<long>> AppendAsync(string blob, long position, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => _caller.CallAsync(
        _options.AppendTimeout,
        async token => await _appends.AppendAsync(_container.GetBlobBaseClient(blob).Uri, position, content, token) + content.Length,
        BlobFailures.OfAppend<long>,
        cancellationToken);

    public ValueTask<Outcome<BlobRange>> ReadRangeAsync(string blob, long position, int count, CancellationToken cancellationToken) => _caller.CallAsync(
        _options.CallTimeout,
        async token =>
        {
            var download = new BlobDownloadOptions { Range = new HttpRange(position, count) };
            using var answer = (await _container.GetBlobBaseClient(blob).DownloadStreamingAsync(download, token)).Value;
            if (!ContentRange.TryGetTotal(answer.Details.ContentRange, out var total))
                throw new InvalidDataException("The answer to a range read has no Content-Range.");
            var content = GC.AllocateUninitializedArray<byte>((int)Math.Clamp(total - position, 0, count));
            await answer.Content.ReadExactlyAsync(content, token);
            return new BlobRange(content, total);
        },
        BeyondTheEnd,
        cancellationToken);

    public ValueTask<Outcome<BlobProperties>> GetAsync(string blob, CancellationToken cancellationToken) => _caller.CallAsync(
        _options.CallTimeout,
        async token =>
        {
            var answer = (await _container.GetBlobBaseClient(blob).GetPropertiesAsync(cancellationToken: token)).Value;
            return new BlobProperties(KindOf(answer.BlobType), answer.ContentLength, Name(answer.ETag), answer.LastModified);
        },
        BlobFailures.Nothing<BlobProperties>,
        cancellationToken);

    public ValueTask<Outcome<ETag>> PutAsync(string blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => _caller.CallAsync(
        _options.AppendTimeout,
        async token => Name(await _puts.PutAsync(_container.GetBlobBaseClient(blob).Uri, content, token)),
        BlobFailures.OfCreate<ETag>,
        cancellationToken);

    public ValueTask<Outcome<Nothing>> StageAsync(string blob, string blockId, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => _caller.CallAsync(
        _options.AppendTimeout,
        async token =>
        {
            using var stream = MemoryContent.AsStream(content);
            await _container.GetBlockBlobClient(blob).StageBlockAsync(Base64(blockId), stream, new BlockBlobStageBlockOptions(), token);
            return default(Nothing);
        },
        BlobFailures.Nothing<Nothing>,
        cancellationToken);

    public ValueTask<Outcome<ETag>> CommitAsync(string blob, IReadOnlyList<string> blockIds, CancellationToken cancellationToken) => _caller.CallAsync(
        _options.CallTimeout,
        async token =>
        {
            var commit = new CommitBlockListOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ServiceETag.All } };
            return Name((await _container.GetBlockBlobClient(blob).CommitBlockListAsync(blockIds.Select(Base64), commit, token)).Value.ETag);
        },
        BlobFailures.OfCreate<ETag>,
        cancellationToken);

    public ValueTask<Outcome<Nothing>> DeleteAsync(string blob, ETag ifMatch, CancellationToken cancellationToken) => _caller.CallAsync(
        _options.CallTimeout,
        async token =>
        {
            var conditions = new BlobRequestConditions { IfMatch = new ServiceETag(ifMatch.Value) };
            await _container.GetBlobBaseClient(blob).DeleteAsync(DeleteSnapshotsOption.None, conditions, token);
            return default(Nothing);
        },
        BlobFailures.OfDelete<Nothing>,
        cancellationToken);

    public ValueTask<Outcome<BlobPage>> ListAsync(string prefix, string? continuation, int maxBlobs, CancellationToken cancellationToken) => _caller.CallAsync(
        _options.CallTimeout,
        token => ReadPageAsync(_container.GetBlobsAsync(prefix: prefix, cancellationToken: token).AsPages(continuation, maxBlobs)),
        BlobFailures.Nothing<BlobPage>,
        cancellationToken);

    public ValueTask<Outcome<Nothing>> AcquireLeaseAsync(string blob, Guid leaseId, TimeSpan duration, CancellationToken cancellationToken) =>
        LeaseAsync(blob, leaseId, (lease, token) => lease.AcquireAsync(duration, cancellationToken: token), cancellationToken);

    public ValueTask<Outcome<Nothing>> RenewLeaseAsync(string blob, Guid leaseId, CancellationToken cancellationToken) =>
        LeaseAsync(blob, leaseId, (lease, token) => lease.RenewAsync(cancellationToken: token), cancellationToken);

    public ValueTask<Outcome<Nothing>> ReleaseLeaseAsync(string blob, Guid leaseId, CancellationToken cancellationToken) =>
        LeaseAsync(blob, leaseId, (lease, token) => lease.ReleaseAsync(cancellationToken: token), cancellationToken);

    private ValueTask<Outcome<Nothing>> LeaseAsync(string blob, Guid leaseId, Func<BlobLeaseClient, CancellationToken, Task> change, CancellationToken cancellationToken) =>
        _caller.CallAsync(
            _options.CallTimeout,
            async token =>
            {
                await change(_container.GetBlobBaseClient(blob).GetBlobLeaseClient(leaseId.ToString()), token);
                return default(Nothing);
            },
            BlobFailures.OfLease<Nothing>,
            cancellationToken);

    private static async Task<BlobPage> ReadPageAsync(IAsyncEnumerable<Page<BlobItem>> pages)
    {
        try
        {
            await foreach (var page in pages)
            {
                var blobs = page.Values.Select(blob => new BlobListing(blob.Name, PropertiesOf(blob.Properties))).ToArray();
                return new BlobPage(blobs, string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
            }
        }
        catch (NullReferenceException e)
        {
            // What the SDK makes of XML that is no list of blobs, a proxy's page for instance.
            throw new InvalidDataException("The answer to a list of blobs holds none.", e);
        }

        throw new InvalidDataException("A list of blobs has no page.");
    }

    private static Outcome<BlobRange>? BeyondTheEnd(RequestFailedException e)
    {
        if (e.Status != 416)
            return null;
        var header = e.GetRawResponse() is { } response && response.Headers.TryGetValue("Content-Range", out var value) ? value : null;
        return ContentRange.TryGetTotal(header, out var total)
            ? Outcome.Done(new BlobRange(default, total))
            : Outcome.Unknown<BlobRange>("416 without the blob's length.");
    }

    private static BlobProperties PropertiesOf(BlobItemProperties properties) => new(
        KindOf(properties.BlobType ?? throw new InvalidDataException("A listed blob has no type.")),
        properties.ContentLength ?? 0,
        Name(properties.ETag ?? throw new InvalidDataException("A listed blob has no ETag.")),
        properties.LastModified ?? throw new InvalidDataException("A listed blob has no time."));

    private static BlobKind KindOf(BlobType type) => type switch
    {
        BlobType.Append => BlobKind.Append,
        BlobType.Block => BlobKind.Block,
        _ => throw new StorageRefusedException($"A blob in our container is of a kind that we do not write: {type}."),
    };

    // A listing gives it without quotes, headers with them; here it always has them.
    private static ETag Name(ServiceETag etag) => new(etag.ToString("H"));

    private static string Base64(string blockId) => Convert.ToBase64String(Encoding.ASCII.GetBytes(blockId));

    private static BlobServiceClient Client(StorageAccount account, HttpPipelineTransport transport)
    {
        var clientOptions = new BlobClientOptions(Version) { Transport = transport };
        PipelineSettings.Apply(clientOptions);
        return account switch
        {
            { SharedKey: { } key } => new BlobServiceClient(account.BlobEndpoint, key, clientOptions),
            { Sas: { } signature } => new BlobServiceClient(account.BlobEndpoint, signature, clientOptions),
            { Token: { } credential } => new BlobServiceClient(account.BlobEndpoint, credential, clientOptions),
            _ => throw new InvalidOperationException("An account without a credential."),
        };
    }
}

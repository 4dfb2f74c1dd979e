using System.Globalization;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using ManagedLog.AzureStorage;
using ManagedLog.Engine.Backend;

namespace ManagedLog.Benchmarks.Http;

/// <summary>
/// What a program would do that has only blobs: the storage requests themselves over a connection that is kept, with a signature that was made once. Nothing of ours is in the
/// way, not even the SDK.
/// </summary>
internal sealed class BareStorage
{
    private const string Container = "bare";
    private const string Version = "x-ms-version: 2022-11-02";

    private readonly string _account;
    private readonly string _signature;

    private BareStorage(Uri endpoint, string signature)
    {
        Server = endpoint;
        _account = endpoint.AbsolutePath.TrimEnd('/');
        _signature = signature;
    }

    public Uri Server { get; }

    public string Host => Server.Authority;

    public static async Task<BareStorage> OpenAsync(string connectionString)
    {
        var service = new BlobServiceClient(connectionString, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2022_11_02));
        await service.CreateBlobContainerAsync(Container);
        var signed = service.GenerateAccountSasUri(AccountSasPermissions.All, DateTimeOffset.UtcNow.AddHours(3), AccountSasResourceTypes.All);
        return new BareStorage(service.Uri, signed.Query.TrimStart('?'));
    }

    /// <summary>The blobs of the service's own container whose names contain a text.</summary>
    public static async Task<IReadOnlyList<BlobListing>> FindAsync(string connectionString, string container, string suffix)
    {
        var backend = new AzureStorageBackend(new AzureStorageOptions { ConnectionString = connectionString, Container = container }, TimeProvider.System);
        var found = new List<BlobListing>();
        string? continuation = null;
        do
        {
            var page = (await backend.ListBlobsAsync("", continuation, 1000, default)).Value;
            found.AddRange(page.Blobs.Where(blob => blob.Name.EndsWith(suffix, StringComparison.Ordinal)));
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return found;
    }

    public async Task CreateAsync(HttpConnection connection, string blob) =>
        await connection.ExpectAsync("PUT", Path(Container, blob, null), Host, default, Version, "x-ms-blob-type: AppendBlob", "If-None-Match: *");

    public ValueTask AppendAtAsync(HttpConnection connection, string blob, long position, ReadOnlyMemory<byte> content) =>
        connection.ExpectAsync("PUT", Path(Container, blob, "appendblock"), Host, content, Version, $"x-ms-blob-condition-appendpos: {position.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>An append without a condition, which any number of writers may send at once.</summary>
    public byte[] AppendRequest(string blob, ReadOnlySpan<byte> content) =>
        HttpConnection.Request("PUT", Path(Container, blob, "appendblock"), Host, content, Version);

    public ValueTask ReadAsync(HttpConnection connection, string container, string blob, long position, long count) =>
        connection.ExpectAsync("GET", Path(container, blob, null), Host, default, Version, $"x-ms-range: bytes={position}-{position + count - 1}");

    private string Path(string container, string blob, string? component) =>
        $"{_account}/{container}/{blob}?{(component is null ? "" : $"comp={component}&")}{_signature}";
}

using Azure.Core;
using ManagedLog.AzureStorage.Connection;
using ManagedLog.AzureStorage.Tests.Transport;
using ManagedLog.Engine.Backend;

namespace ManagedLog.AzureStorage.Tests.Connection;

/// <summary>Which account is meant, and how its door is opened.</summary>
public sealed class StorageAccountTests
{
    private const string Key = FakeService.AccountKey;

    [Theory]
    [InlineData($"AccountName=a;AccountKey={Key}", "https://a.blob.core.windows.net/", "https://a.table.core.windows.net/")]
    [InlineData($"DefaultEndpointsProtocol=http;AccountName=a;AccountKey={Key};EndpointSuffix=core.chinacloudapi.cn", "http://a.blob.core.chinacloudapi.cn/", "http://a.table.core.chinacloudapi.cn/")]
    [InlineData($"accountname=a; accountkey={Key}; BlobEndpoint=http://127.0.0.1:1/a; TableEndpoint=http://127.0.0.1:2/a;", "http://127.0.0.1:1/a", "http://127.0.0.1:2/a")]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10000/devstoreaccount1", "http://127.0.0.1:10002/devstoreaccount1")]
    [InlineData("BlobEndpoint=https://b.example;TableEndpoint=https://t.example;SharedAccessSignature=?sv=1&sig=x", "https://b.example/", "https://t.example/")]
    public void From_AConnectionString_KnowsBothServices(string connectionString, string blob, string table)
    {
        var account = StorageAccount.From(new AzureStorageOptions { ConnectionString = connectionString }, null);

        Assert.Equal((blob, table), (account.BlobEndpoint.AbsoluteUri, account.TableEndpoint.AbsoluteUri));
        Assert.Equal(connectionString.Contains("Signature", StringComparison.Ordinal), account.Sas is not null);
        Assert.Equal(account.Sas is null, account.TableKey is not null);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("AccountName=a")]
    [InlineData($"AccountKey={Key}")]
    [InlineData($"AccountName=a;AccountName=b;AccountKey={Key}")]
    [InlineData($"AccountName=a;AccountKey={Key};BlobEndpoint=ftp://x")]
    public void From_AConnectionStringThatCannotBeUsed_SaysWhyWithoutTheKey(string connectionString)
    {
        var e = Assert.Throws<ArgumentException>(() => StorageAccount.From(new AzureStorageOptions { ConnectionString = connectionString }, null));

        Assert.Contains("connection string", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void From_NothingOrTwoThings_IsRefused()
    {
        var addresses = new AzureStorageOptions { BlobServiceUri = new("https://b.example"), TableServiceUri = new("https://t.example") };

        Assert.Throws<ArgumentException>(() => StorageAccount.From(new AzureStorageOptions(), new FixedCredential()));
        Assert.Throws<ArgumentException>(() => StorageAccount.From(new AzureStorageOptions { BlobServiceUri = addresses.BlobServiceUri }, new FixedCredential()));
        Assert.Throws<ArgumentException>(() => StorageAccount.From(addresses, null));
        addresses.ConnectionString = "UseDevelopmentStorage=true";
        Assert.Throws<ArgumentException>(() => StorageAccount.From(addresses, null));
    }

    [Theory]
    [InlineData("ab", "")]
    [InlineData("Logs", "")]
    [InlineData("a--b", "")]
    [InlineData("logs", "1x")]
    [InlineData("logs", "a-b")]
    public void Backend_WithNamesThatTheServiceRefuses_IsRefusedAtOnce(string container, string tablePrefix) =>
        Assert.Throws<ArgumentException>(() => new AzureStorageBackend(
            new AzureStorageOptions { ConnectionString = "UseDevelopmentStorage=true", Container = container, TablePrefix = tablePrefix }, TimeProvider.System));

    /// <summary>Signatures computed by Python's hmac over the documented string: date, line feed, slash, account, path.</summary>
    [Theory]
    [InlineData("account", "https://account.table.core.windows.net/rows(PartitionKey='it%27%27s',RowKey='a%20b')?$filter=x", "f3v7/4vZ2dTF/DtWlYtoPHKLk/1I6eYYG86eHMshZNQ=")]
    [InlineData("devstoreaccount1", "http://127.0.0.1:10002/devstoreaccount1/Tables", "nHSnadBegRkB65rIZgF43D8C2eYSy06eFaT7HnFUxRE=")]
    public void TableSharedKey_OverAFixedRequest_SignsAsDocumented(string account, string uri, string signature) =>
        Assert.Equal($"SharedKeyLite {account}:{signature}", new TableSharedKey(account, Key).Authorize(new Uri(uri), "Fri, 21 Nov 2025 10:20:30 GMT"));

    [Fact]
    public async Task ASharedAccessSignature_IsPartOfEachAddress()
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(404));
        var backend = service.With(new AzureStorageOptions
        {
            ConnectionString = "BlobEndpoint=https://b.example;TableEndpoint=https://t.example;SharedAccessSignature=?sv=1&sig=a%2Bb",
        });

        await backend.GetBlobAsync("a", CancellationToken.None);
        await backend.PutBlobAsync("a", new byte[1], CancellationToken.None);
        await backend.ReadRowAsync("t", new RowAddress("p", "r"), CancellationToken.None);
        await backend.QueryRowsAsync("t", new RowQuery("p"), CancellationToken.None);

        Assert.Equal(4, service.Requests.Count);
        Assert.All(service.Requests, request => Assert.EndsWith("sv=1&sig=a%2Bb", request.Uri.Query, StringComparison.Ordinal));
        Assert.All(service.Requests, request => Assert.False(request.Headers.ContainsKey("Authorization")));
    }

    [Fact]
    public async Task ATokenCredential_IsAskedForStorageAndSentWithEachRequest()
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(404));
        var credential = new FixedCredential();
        var backend = service.With(Addresses, credential);

        await backend.GetBlobAsync("a", CancellationToken.None);
        await backend.ReadRowAsync("t", new RowAddress("p", "r"), CancellationToken.None);

        Assert.Equal(["Bearer TOKEN", "Bearer TOKEN"], service.Requests.Select(request => request.Headers["Authorization"]));
        Assert.All(credential.Scopes, scope => Assert.Equal("https://storage.azure.com/.default", scope));
    }

    [Fact]
    public async Task ATokenCredentialThatFails_IsARefusalAndNothingIsSent()
    {
        using var service = new FakeService(() => ScriptedHandler.Answer(404));
        var backend = service.With(Addresses, new FixedCredential { Failure = new InvalidOperationException("No identity here.") });

        var blob = await Assert.ThrowsAsync<StorageRefusedException>(async () => await backend.GetBlobAsync("a", CancellationToken.None));
        await Assert.ThrowsAsync<StorageRefusedException>(async () => await backend.ReadRowAsync("t", new RowAddress("p", "r"), CancellationToken.None));

        Assert.Contains("No identity here.", blob.Message, StringComparison.Ordinal);
        Assert.Empty(service.Requests);
    }

    private static AzureStorageOptions Addresses => new() { BlobServiceUri = new("https://b.example"), TableServiceUri = new("https://t.example") };

    private sealed class FixedCredential : TokenCredential
    {
        public Exception? Failure { get; init; }

        public List<string> Scopes { get; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes.AddRange(requestContext.Scopes);
            return Failure is null ? new AccessToken("TOKEN", DateTimeOffset.MaxValue) : throw Failure;
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}

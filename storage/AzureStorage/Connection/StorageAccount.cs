using Azure;
using Azure.Core;
using Azure.Storage;

namespace ManagedLog.AzureStorage.Connection;

/// <summary>One account: where its two services are, and one of three ways to be let in.</summary>
internal sealed record StorageAccount(Uri BlobEndpoint, Uri TableEndpoint)
{
    public StorageSharedKeyCredential? SharedKey { get; private init; }

    /// <summary>The account's key, as bytes, for the Tables client.</summary>
    public TableSharedKey? TableKey { get; private init; }

    public AzureSasCredential? Sas { get; private init; }

    public TokenCredential? Token { get; private init; }

    /// <exception cref="ArgumentException">The options name no account, or two.</exception>
    public static StorageAccount From(AzureStorageOptions options, TokenCredential? credential)
    {
        if (options.ConnectionString is { Length: > 0 } connectionString)
        {
            if (options.BlobServiceUri is not null || options.TableServiceUri is not null)
                throw new ArgumentException("Give either a connection string or service addresses for the storage account, not both.");
            return From(ConnectionString.Parse(connectionString));
        }

        if (options.BlobServiceUri is not { IsAbsoluteUri: true } blobs || options.TableServiceUri is not { IsAbsoluteUri: true } tables)
            throw new ArgumentException("The storage account needs a connection string, or the addresses of both its blob and its table service.");
        return credential is null
            ? throw new ArgumentException("The storage account is given by its service addresses: that needs a token credential, too.")
            : new StorageAccount(blobs, tables) { Token = new CheckedTokenCredential(credential) };
    }

    private static StorageAccount From(ConnectionString connection)
    {
        var account = new StorageAccount(connection.Endpoint("blob"), connection.Endpoint("table"));
        if (connection.SharedAccessSignature is { } signature)
            return account with { Sas = new AzureSasCredential(signature) };
        if (connection is { AccountName: { } name, AccountKey: { } key })
            return account with { SharedKey = new StorageSharedKeyCredential(name, key), TableKey = new TableSharedKey(name, key) };
        throw new ArgumentException("The connection string of the storage account has neither an account key nor a shared access signature.");
    }
}

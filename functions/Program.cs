using Azure.Identity;
using ManagedLog.AzureStorage;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Hosting;

// The only file that knows which storage there is.
return await Service.RunAsync(args, options => options.Storage switch
{
    StorageKind.Memory => new InMemoryBackend(TimeProvider.System),
    StorageKind.Azure => Account(options),
    _ => throw new InvalidOperationException($"No such storage: {options.Storage}."),
});

static AzureStorageBackend Account(ServiceOptions options)
{
    var byAddress = string.IsNullOrWhiteSpace(options.ConnectionString);
    var account = new AzureStorageOptions
    {
        ConnectionString = byAddress ? null : options.ConnectionString,
        BlobServiceUri = options.BlobServiceUri,
        TableServiceUri = options.TableServiceUri,
        Container = options.Container,
        TablePrefix = options.TablePrefix,
    };
    try
    {
        var backend = new AzureStorageBackend(account, TimeProvider.System, byAddress ? new DefaultAzureCredential() : null);
        options.AccountAddress = backend.BlobEndpoint;
        return backend;
    }
    catch (ArgumentException exception)
    {
        throw new StartException(exception.Message, exception);
    }
}

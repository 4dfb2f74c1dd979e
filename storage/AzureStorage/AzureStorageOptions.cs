namespace ManagedLog.AzureStorage;

/// <summary>
/// Which account, and what in it. Either a connection string (with an account key or a shared access signature), or the two service addresses
/// together with a <see cref="Azure.Core.TokenCredential"/>.
/// </summary>
public sealed class AzureStorageOptions
{
    /// <summary>
    /// For instance <c>UseDevelopmentStorage=true</c>, <c>DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net</c>,
    /// or with explicit <c>BlobEndpoint</c> and <c>TableEndpoint</c>, path-style ones (<c>http://127.0.0.1:10000/account</c>) included.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>For instance <c>https://account.blob.core.windows.net</c>. Not together with a connection string.</summary>
    public Uri? BlobServiceUri { get; set; }

    /// <summary>For instance <c>https://account.table.core.windows.net</c>. Not together with a connection string.</summary>
    public Uri? TableServiceUri { get; set; }

    /// <summary>The container of all blobs: 3–63 lower-case letters, digits and single hyphens.</summary>
    public string Container { get; set; } = "logs";

    /// <summary>Stands before the name of each table: letters and digits, the first a letter.</summary>
    public string TablePrefix { get; set; } = "";

    /// <summary>How long a call may take before its outcome is reported as unknown.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The same for calls that send content: append, put and stage.</summary>
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

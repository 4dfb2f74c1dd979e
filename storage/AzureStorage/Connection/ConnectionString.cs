namespace ManagedLog.AzureStorage.Connection;

/// <summary>The parts of a storage connection string that we use. It prints nothing of itself: it holds secrets.</summary>
/// <remarks>learn.microsoft.com/azure/storage/common/storage-configure-connection-string.</remarks>
internal sealed class ConnectionString
{
    // The emulator's well-known account: no secret.
    private const string Emulator =
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;TableEndpoint=http://127.0.0.1:10002/devstoreaccount1";

    private readonly Dictionary<string, string> _settings;

    private ConnectionString(Dictionary<string, string> settings) => _settings = settings;

    public string? AccountName => Get("AccountName");

    public string? AccountKey => Get("AccountKey");

    /// <summary>Without a leading question mark.</summary>
    public string? SharedAccessSignature => Get("SharedAccessSignature")?.TrimStart('?');

    /// <exception cref="ArgumentException">It is not a list of settings; the message quotes no value.</exception>
    public static ConnectionString Parse(string text)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new ArgumentException("The connection string of the storage account is not a list of settings 'name=value' with ';' between them.");
            if (!settings.TryAdd(part[..equals].Trim(), part[(equals + 1)..].Trim()))
                throw new ArgumentException($"The connection string of the storage account sets '{part[..equals].Trim()}' twice.");
        }

        return settings.TryGetValue("UseDevelopmentStorage", out var value) && value.Equals("true", StringComparison.OrdinalIgnoreCase)
            ? Parse(Emulator)
            : new ConnectionString(settings);
    }

    /// <summary>Where the service <paramref name="name"/> ("blob", "table") of the account is.</summary>
    public Uri Endpoint(string name)
    {
        var address = Get($"{name}Endpoint") ?? (AccountName is { } account
            ? $"{Get("DefaultEndpointsProtocol") ?? "https"}://{account}.{name}.{Get("EndpointSuffix") ?? "core.windows.net"}"
            : throw new ArgumentException($"The connection string of the storage account has neither AccountName nor an endpoint of its {name} service."));
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new ArgumentException($"The connection string of the storage account gives no usable address of its {name} service.");
    }

    private string? Get(string name) => _settings.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
}

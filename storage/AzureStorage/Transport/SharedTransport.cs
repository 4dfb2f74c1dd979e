using System.Net;
using Azure.Core.Pipeline;

namespace ManagedLog.AzureStorage.Transport;

/// <summary>The connections of this process to storage, shared by all backends: opening one costs several round trips.</summary>
internal static class SharedTransport
{
    public static HttpPipelineTransport Instance { get; } = new HttpClientTransport(new HttpClient(Handler())
    {
        // Each call has its own deadline.
        Timeout = Timeout.InfiniteTimeSpan,
    });

    private static SocketsHttpHandler Handler() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        MaxConnectionsPerServer = 512,
        ConnectTimeout = TimeSpan.FromSeconds(5),

        // So that a changed address of the account is noticed.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
    };
}

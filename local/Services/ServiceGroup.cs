namespace ManagedLog.Local.Services;

/// <summary>All instances of the service that were started. Disposing it stops them together and waits for all.</summary>
internal sealed class ServiceGroup : IAsyncDisposable
{
    private readonly List<ServiceProcess> _services = [];

    public IReadOnlyList<ServiceProcess> Services => _services;

    /// <summary>One task for each instance; it completes when that instance has ended.</summary>
    public IEnumerable<Task<int>> Exits => _services.Select(static service => service.Exited);

    public void Add(ServiceProcess service) => _services.Add(service);

    /// <summary>Answers when all are ready.</summary>
    /// <exception cref="LaunchException">One ended, or was not ready in time.</exception>
    public Task WaitUntilReadyAsync(HttpClient http, CancellationToken cancellationToken) =>
        Task.WhenAll(_services.Select(service => service.WaitUntilReadyAsync(http, cancellationToken)));

    /// <summary>Which instance has ended, and how.</summary>
    public Task<string> DescribeEndAsync() => _services.First(static service => service.Exited.IsCompleted).DescribeEndAsync();

    public async ValueTask DisposeAsync() => await Task.WhenAll(_services.Select(static service => service.DisposeAsync().AsTask()));
}

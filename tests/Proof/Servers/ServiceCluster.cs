using ManagedLog.Local;
using ManagedLog.Local.Emulator;
using ManagedLog.Local.Services;
using ManagedLog.Testing;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Proof.Servers;

/// <summary>Several instances of the service over one emulator, all ours and all gone when this is disposed, with a temporary data folder.</summary>
internal sealed class ServiceCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private readonly int _firstPort;
    private readonly ServiceProcess?[] _services;
    private AzuriteProcess? _emulator;

    private ServiceCluster(int instances)
    {
        _services = new ServiceProcess?[instances];
        _firstPort = FreePorts.Find(instances);
    }

    /// <summary>One address for each instance; they stay the same when an instance is started again.</summary>
    public IReadOnlyList<Uri> Addresses => [.. Enumerable.Range(_firstPort, _services.Length).Select(static port => new Uri($"http://localhost:{port}"))];

    public static async Task<ServiceCluster> StartAsync(int instances, CancellationToken cancellationToken)
    {
        var cluster = new ServiceCluster(instances);
        try
        {
            var installation = await new AzuriteInstaller(AzuriteInstaller.UserCache, Console.WriteLine).EnsureAsync(cancellationToken);
            cluster._emulator = await AzuriteProcess.StartAsync(installation, cluster._folder.Path, static _ => { }, cancellationToken);
            await Task.WhenAll(Enumerable.Range(0, instances).Select(instance => cluster.StartAgainAsync(instance, cancellationToken)));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends one instance as a crash would, without warning.</summary>
    public async Task KillAsync(int instance)
    {
        if (_services[instance] is not { } service)
            return;
        if (service.Exited.IsCompleted)
            throw new LaunchException(await service.DescribeEndAsync());
        service.Kill();
        await service.DisposeAsync();
        _services[instance] = null;
    }

    /// <summary>Starts an instance that does not run, on its old port, and waits until it is ready.</summary>
    public async Task StartAgainAsync(int instance, CancellationToken cancellationToken)
    {
        var service = ServiceProcess.Start(_firstPort + instance, _emulator!.ConnectionString, static _ => { });
        _services[instance] = service;
        await service.WaitUntilReadyAsync(_http, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_services.OfType<ServiceProcess>().Select(static service => service.DisposeAsync().AsTask()));
        if (_emulator is not null)
            await _emulator.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }
}

using System.Diagnostics;
using ManagedLog.Local;
using ManagedLog.Local.Emulator;
using ManagedLog.Local.Services;
using ManagedLog.Testing;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Proof.Servers;

/// <summary>Several instances of the service over one emulator, all ours and all gone when this is disposed, with a temporary data folder.</summary>
internal sealed class ServiceCluster : IAsyncDisposable
{
    private const int MostWaits = 3;

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private readonly int _firstPort;
    private readonly ServiceProcess?[] _services;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly Action<int, string> _onLine;
    private AzuriteInstallation? _installation;
    private AzuriteProcess? _emulator;

    private ServiceCluster(int instances, IReadOnlyDictionary<string, string> settings, Action<int, string> onLine)
    {
        _services = new ServiceProcess?[instances];
        _firstPort = FreePorts.Find(instances);
        _settings = settings;
        _onLine = onLine;
    }

    /// <summary>One address for each instance; they stay the same when an instance is started again.</summary>
    public IReadOnlyList<Uri> Addresses => [.. Enumerable.Range(_firstPort, _services.Length).Select(static port => new Uri($"http://localhost:{port}"))];

    public static Task<ServiceCluster> StartAsync(int instances, CancellationToken cancellationToken) =>
        StartAsync(instances, new Dictionary<string, string>(), static (_, _) => { }, cancellationToken);

    /// <param name="settings">Of every instance, as in the environment: <c>ManagedLog__…</c>.</param>
    /// <param name="onLine">Gets each line that an instance writes, with its number; lines of different instances may come at once.</param>
    public static async Task<ServiceCluster> StartAsync(
        int instances, IReadOnlyDictionary<string, string> settings, Action<int, string> onLine, CancellationToken cancellationToken)
    {
        var cluster = new ServiceCluster(instances, settings, onLine);
        try
        {
            cluster._installation = await new AzuriteInstaller(AzuriteInstaller.UserCache, Console.WriteLine).EnsureAsync(cancellationToken);
            cluster._emulator = await AzuriteProcess.StartAsync(cluster._installation, cluster._folder.Path, static _ => { }, cancellationToken);
            await Task.WhenAll(Enumerable.Range(0, instances).Select(instance => cluster.StartAgainAsync(instance, cancellationToken)));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The memory that an instance has of the machine, in bytes.</summary>
    public long WorkingSet(int instance)
    {
        using var process = Process.GetProcessById(_services[instance]!.ProcessId);
        return process.WorkingSet64;
    }

    /// <summary>The time that an instance has had of all processors since it started.</summary>
    public TimeSpan ProcessorTime(int instance)
    {
        using var process = Process.GetProcessById(_services[instance]!.ProcessId);
        return process.TotalProcessorTime;
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

    /// <summary>Starts an instance that does not run, on its old port, and waits until it is ready, which it is not before storage answers.</summary>
    public async Task StartAgainAsync(int instance, CancellationToken cancellationToken)
    {
        var service = ServiceProcess.Start(_firstPort + instance, _emulator!.ConnectionString, line => _onLine(instance, line), _settings);
        _services[instance] = service;
        for (var tries = 1; ; tries++)
        {
            try
            {
                await service.WaitUntilReadyAsync(_http, cancellationToken);
                return;
            }
            catch (LaunchException) when (tries < MostWaits && !service.Exited.IsCompleted)
            {
                // On a busy machine, and while storage is stopped again and again, it may take longer.
            }
        }
    }

    /// <summary>One instance stands still until the answer is disposed.</summary>
    public PausedProcess Pause(int instance) => new(_services[instance]!.ProcessId);

    /// <summary>The emulator stands still until the answer is disposed.</summary>
    public PausedProcess PauseStorage() => new(_emulator!.ProcessId);

    /// <summary>Asks the emulator to stop and waits until it has saved its data and ended, while the instances use it.</summary>
    public async Task StopStorageAsync()
    {
        if (_emulator!.Exited.IsCompleted)
            throw new LaunchException(await _emulator.DescribeEndAsync());
        ProcessSignals.SendTerminate(_emulator.ProcessId);
        await _emulator.Exited;
    }

    /// <summary>Starts the emulator with the same data and on the same ports.</summary>
    public async Task StartStorageAgainAsync(CancellationToken cancellationToken)
    {
        var ports = (new Uri(_emulator!.Endpoints.Blob).Port, new Uri(_emulator.Endpoints.Table).Port);
        await _emulator.DisposeAsync();
        _emulator = await AzuriteProcess.StartAsync(_installation!, _folder.Path, static _ => { }, cancellationToken, ports);
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

using System.Globalization;
using System.Text;
using System.Text.Json;
using ManagedLog.Benchmarks.Http;
using ManagedLog.Local.Emulator;
using ManagedLog.Testing;

namespace ManagedLog.Benchmarks.Running;

/// <summary>What the rows run on: an emulator of our own on free ports, and as many processes of the service over it as a row asks for. All of it ends with this.</summary>
internal sealed class Bed : IAsyncDisposable
{
    /// <summary>The service's container by default.</summary>
    public const string Container = "managedlog";

    private readonly TemporaryFolder _folder;
    private readonly AzuriteProcess _emulator;
    private readonly List<ServiceInstance> _services = [];
    private string? _cluster;
    private int _topics;

    private Bed(TemporaryFolder folder, AzuriteProcess emulator, BareStorage bare)
    {
        _folder = folder;
        _emulator = emulator;
        Bare = bare;
    }

    public string ConnectionString => _emulator.ConnectionString;

    public int EmulatorId => _emulator.ProcessId;

    public BareStorage Bare { get; }

    public IReadOnlyList<ServiceInstance> Services => _services;

    public static async Task<Bed> StartAsync()
    {
        var folder = new TemporaryFolder();
        var installation = await new AzuriteInstaller(AzuriteInstaller.UserCache, Console.WriteLine).EnsureAsync(CancellationToken.None);
        var emulator = await AzuriteProcess.StartAsync(installation, folder.Path, static _ => { }, CancellationToken.None);
        return new Bed(folder, emulator, await BareStorage.OpenAsync(emulator.ConnectionString));
    }

    /// <summary>At least so many, all alike.</summary>
    public async Task<IReadOnlyList<ServiceInstance>> ServicesAsync(int count)
    {
        while (_services.Count < count)
        {
            var service = await ServiceInstance.StartAsync(ConnectionString);
            _services.Add(service);
            await WarmUpAsync(service);
        }

        return [.. _services.Take(count)];
    }

    /// <summary>
    /// A process that was just started runs code that was compiled in haste, and compiles it again beside, which for a while takes more of the processor than all that it is asked.
    /// So it is asked until it takes next to nothing when nobody asks.
    /// </summary>
    private async Task WarmUpAsync(ServiceInstance service)
    {
        const int Clients = 16;
        const int MostRounds = 5;
        const double IdleShare = 0.05;
        var idle = TimeSpan.FromMilliseconds(500);
        var topic = await CreateTopicAsync();
        var json = HttpConnection.Request("POST", $"/topics/{topic}", service.Host, Payloads.JsonBody(1, 1024), Payloads.JsonType);
        var raw = HttpConnection.Request("POST", $"/topics/{topic}/partitions/0", service.Host, Payloads.Batch(1024, 64 * 1024), Payloads.RawType);
        var connections = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => service.ConnectAsync()));
        for (var round = 0; round < MostRounds; round++)
        {
            await Load.RateAsync(Clients, 2, client => connections[client].ExpectAsync(json));
            await Load.RateAsync(Clients / 4, 0.5, client => connections[client].ExpectAsync(raw));
            var before = service.ProcessorTime;
            await Task.Delay(idle);
            if (service.ProcessorTime - before < idle * IdleShare)
                break;
        }

        foreach (var connection in connections)
            connection.Dispose();
    }

    /// <summary>One for a row that needs it set up otherwise; the row disposes of it.</summary>
    public async Task<ServiceInstance> StartOwnAsync(params (string Name, string Value)[] settings)
    {
        var service = await ServiceInstance.StartAsync(ConnectionString, settings);
        _services.Add(service);
        return service;
    }

    public async Task StopAsync(ServiceInstance service)
    {
        _services.Remove(service);
        await service.DisposeAsync();
    }

    /// <summary>A new topic's name.</summary>
    public async Task<string> CreateTopicAsync(int partitions = 1, string configs = "[]")
    {
        var service = (await ServicesAsync(1))[0];
        using var connection = await service.ConnectAsync();
        if (_cluster is null)
        {
            await connection.ExpectAsync("GET", "/v3/clusters", service.Host, default);
            using var clusters = JsonDocument.Parse(connection.Body);
            _cluster = clusters.RootElement.GetProperty("data")[0].GetProperty("cluster_id").GetString();
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"bench-{++_topics}");
        var body = $$"""{"topic_name":"{{name}}","partitions_count":{{partitions}},"configs":{{configs}}}""";
        await connection.ExpectAsync("POST", $"/v3/clusters/{_cluster}/topics", service.Host, Encoding.UTF8.GetBytes(body), "Content-Type: application/json");
        return name;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services)
            await service.DisposeAsync();
        await _emulator.StopAsync();
        await _emulator.DisposeAsync();
        _folder.Dispose();
    }
}

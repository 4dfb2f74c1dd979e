using ManagedLog.Benchmarks.Http;
using ManagedLog.Benchmarks.Running;

namespace ManagedLog.Benchmarks.Rows;

/// <summary>64 clients, each with one JSON record of 1 KiB a request, against as many that append each record to a blob: what group commit is worth.</summary>
internal sealed class SmallProduce : IBenchmark
{
    private const int Clients = 64;
    private const double Aim = 8;

    public string Name => "small";

    public string Description => "64 clients with one JSON record of 1 KiB a request, against one bare append for each record.";

    public async Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort)
    {
        var service = (await bed.ServicesAsync(1))[0];
        var request = await NewTopicAsync(bed, service);
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => service.ConnectAsync()));
        var writers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => HttpConnection.OpenAsync(bed.Bare.Server)));
        var record = Payloads.Text(1024);
        var blobs = 0;
        var cpu = new CpuTimes(bed);
        var pairs = await Pairs.RunAsync(
            effort.Pairs,
            async () =>
            {
                // Both sides begin with a blob of their own each time: the emulator takes longer the more blocks a blob has.
                request = await NewTopicAsync(bed, service);
                return await Load.RateAsync(Clients, effort.Seconds, client => clients[client].ExpectAsync(request));
            },
            async () =>
            {
                var blob = $"small-{++blobs}";
                await bed.Bare.CreateAsync(writers[0], blob);
                var append = bed.Bare.AppendRequest(blob, record);
                return await Load.RateAsync(Clients, effort.Seconds, client => writers[client].ExpectAsync(append));
            });
        var both = cpu.ToString();
        cpu = new CpuTimes(bed);
        await Load.RateAsync(Clients, effort.Seconds, client => clients[client].ExpectAsync(request));
        foreach (var connection in clients.Concat(writers))
            connection.Dispose();
        return [new Finding("small", "64 clients, 1 record a request", pairs.Ours, "records/s", pairs.Bare, pairs.Ratio, $"≥ {Aim:F0} ×", pairs.Ratio >= Aim,
            $"ratios {pairs.Spread}; ours alone: {cpu}; both in turn: {both}")];
    }

    /// <summary>The request that appends a record to it; its partition is open.</summary>
    private static async Task<byte[]> NewTopicAsync(Bed bed, ServiceInstance service)
    {
        var request = HttpConnection.Request("POST", $"/topics/{await bed.CreateTopicAsync()}", service.Host, Payloads.JsonBody(1, 1024), Payloads.JsonType);
        using var connection = await service.ConnectAsync();
        await connection.ExpectAsync(request);
        return request;
    }
}

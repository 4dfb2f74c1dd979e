using ManagedLog.Benchmarks.Http;
using ManagedLog.Benchmarks.Running;

namespace ManagedLog.Benchmarks.Rows;

/// <summary>
/// 64 clients with one JSON record of 1 KiB a request, spread over 1, 2 and 4 processes of the service in turn: all on one partition, where the processes have to take turns, and on 16.
/// </summary>
internal sealed class Processes : IBenchmark
{
    private const int Clients = 64;

    public string Name => "processes";

    public string Description => "1, 2 and 4 processes of the service on one partition, and on 16.";

    public async Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort) =>
        [.. await RunAsync(bed, effort, 1, "≥ 0.80 of one", 0.8), .. await RunAsync(bed, effort, 16, "not falling (≥ 0.90)", 0.9)];

    private static async Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort, int partitions, string aim, double least)
    {
        int[] counts = [1, 2, 4];
        var services = await bed.ServicesAsync(4);
        var topic = await bed.CreateTopicAsync(partitions);
        var body = Payloads.JsonBody(1, 1024);
        var requests = services.Select(service => HttpConnection.Request("POST", $"/topics/{topic}", service.Host, body, Payloads.JsonType)).ToArray();
        var rates = counts.ToDictionary(static count => count, static _ => new List<double>());
        var refused = counts.ToDictionary(static count => count, static _ => 0.0);
        var appends = counts.ToDictionary(static count => count, static _ => 0.0);
        for (var round = 0; round <= effort.Pairs; round++)
        {
            foreach (var count in counts)
            {
                var connections = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => services[client % count].ConnectAsync()));
                var (refusedBefore, appendsBefore) = (await RefusedAsync(services, topic), await AppendsAsync(services, topic));
                var rate = await Load.RateAsync(Clients, effort.Seconds, client => connections[client].ExpectAsync(requests[client % count]));
                foreach (var connection in connections)
                    connection.Dispose();
                if (round == 0)
                    continue;
                rates[count].Add(rate);
                refused[count] += await RefusedAsync(services, topic) - refusedBefore;
                appends[count] += await AppendsAsync(services, topic) - appendsBefore;
            }
        }

        return [.. counts.Select(count =>
        {
            var ratio = Pairs.Median(rates[count].Zip(rates[1], static (many, one) => many / one));
            return new Finding(
                "processes", $"{count} on {partitions} partition{(partitions == 1 ? "" : "s")}", Pairs.Median(rates[count]), "records/s", Pairs.Median(rates[1]), ratio,
                count == 1 ? "reported" : aim, count == 1 ? null : ratio >= least, $"{refused[count] / appends[count]:P0} of all appends were refused by another's");
        })];
    }

    private static async Task<double> AppendsAsync(IReadOnlyList<ServiceInstance> services, string topic) =>
        (await Task.WhenAll(services.Select(service => service.MetricAsync("managedlog_storage_operations_total", $"\"append\",messaging_destination_name=\"{topic}\"")))).Sum();

    private static async Task<double> RefusedAsync(IReadOnlyList<ServiceInstance> services, string topic) =>
        (await Task.WhenAll(services.Select(service => service.MetricAsync("managedlog_append_retries_total", $"\"{topic}\"")))).Sum();
}

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
        var body = Payloads.JsonBody(1, 1024);
        var rates = counts.ToDictionary(static count => count, static _ => new List<double>());
        var calls = counts.ToDictionary(static count => count, static _ => new Calls());
        for (var round = 0; round <= effort.Pairs; round++)
        {
            foreach (var count in counts)
            {
                // A topic of its own each time: the emulator takes longer the more blocks a blob has, which would tell against whoever comes later.
                var topic = await bed.CreateTopicAsync(partitions);
                var requests = services.Select(service => HttpConnection.Request("POST", $"/topics/{topic}", service.Host, body, Payloads.JsonType)).ToArray();
                var connections = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => services[client % count].ConnectAsync()));
                await Task.WhenAll(connections.Select((connection, client) => connection.ExpectAsync(requests[client % count]).AsTask()));
                var rate = await Load.RateAsync(Clients, effort.Seconds, client => connections[client].ExpectAsync(requests[client % count]));
                foreach (var connection in connections)
                    connection.Dispose();
                if (round == 0)
                    continue;
                rates[count].Add(rate);
                await calls[count].AddAsync(services, topic);
            }
        }

        return [.. counts.Select(count =>
        {
            var ratio = Pairs.Median(rates[count].Zip(rates[1], static (many, one) => many / one));
            return new Finding(
                "processes", $"{count} on {partitions} partition{(partitions == 1 ? "" : "s")}", Pairs.Median(rates[count]), "records/s", Pairs.Median(rates[1]), ratio,
                count == 1 ? "reported" : aim, count == 1 ? null : ratio >= least, calls[count].ToString());
        })];
    }

    /// <summary>What the processes did to storage for some topics, by their own meters.</summary>
    private sealed class Calls
    {
        private double _appends;
        private double _appendSeconds;
        private double _blocks;
        private double _records;
        private double _reads;
        private double _readSeconds;

        public async Task AddAsync(IReadOnlyList<ServiceInstance> services, string topic)
        {
            _appends += await SumAsync("managedlog_storage_operation_duration_seconds_count", "append");
            _appendSeconds += await SumAsync("managedlog_storage_operation_duration_seconds_sum", "append");
            _reads += await SumAsync("managedlog_storage_operation_duration_seconds_count", "read_range");
            _readSeconds += await SumAsync("managedlog_storage_operation_duration_seconds_sum", "read_range");
            _blocks += await SumAsync("managedlog_append_records_count", "");
            _records += await SumAsync("managedlog_append_records_sum", "");

            async Task<double> SumAsync(string metric, string verb)
            {
                var labels = (verb.Length > 0 ? $"\"{verb}\"," : "") + $"messaging_destination_name=\"{topic}\"";
                return (await Task.WhenAll(services.Select(service => service.MetricAsync(metric, labels)))).Sum();
            }
        }

        public override string ToString() =>
            $"{_records / _blocks:F1} records a block; {_appends / _blocks:F2} appends of {_appendSeconds / _appends * 1000:F1} ms and "
            + $"{_reads / _blocks:F2} reads of {_readSeconds / Math.Max(1, _reads) * 1000:F1} ms for each block";
    }
}

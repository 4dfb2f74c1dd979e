using ManagedLog.Benchmarks.Http;
using ManagedLog.Benchmarks.Running;

namespace ManagedLog.Benchmarks.Rows;

/// <summary>
/// Clients with one JSON record of 1 KiB a request, spread over 1, 2 and 4 processes of the service in turn: all on one partition, where the processes have to take turns, and on
/// 16. With so many clients (about as many requests as one caller may have at one process at once) that requests always wait at each process, so that what is measured is how
/// much the log takes; and with 64, which share what one process would append at once among several blocks, so that the time of one append bounds what they get done.
/// </summary>
internal sealed class Processes : IBenchmark
{
    private const int Many = 960;
    private const int Few = 64;

    public string Name => "processes";

    public string Description => "1, 2 and 4 processes of the service on one partition, and on 16, with many clients and with few.";

    public async Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort)
    {
        var idle = await IdleAsync(bed);
        return [
            .. await RunAsync(bed, effort, 1, Many, "≥ 0.80 of one", 0.8, idle), .. await RunAsync(bed, effort, 16, Many, "not falling (≥ 0.90)", 0.9),
            .. await RunAsync(bed, effort, 1, Few, "reported", null), .. await RunAsync(bed, effort, 16, Few, "reported", null)];
    }

    /// <summary>What processes take from the others while nobody asks anything of them.</summary>
    private static async Task<string> IdleAsync(Bed bed)
    {
        const int Seconds = 3;
        var services = await bed.ServicesAsync(4);
        var before = await CallsAsync();
        var cpu = new CpuTimes(bed);
        await Task.Delay(TimeSpan.FromSeconds(Seconds));
        var took = cpu.ToString();
        return $"; 4 idle processes: {(await CallsAsync() - before) / Seconds:F1} storage operations a second, {took}";

        async Task<double> CallsAsync() => (await Task.WhenAll(services.Select(static service => service.MetricAsync("managedlog_storage_operations_total")))).Sum();
    }

    private static async Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort, int partitions, int clients, string aim, double? least, string more = "")
    {
        int[] counts = [1, 2, 4];
        var services = await bed.ServicesAsync(4);
        var body = Payloads.JsonBody(1, 1024);
        var rates = counts.ToDictionary(static count => count, static _ => new List<double>());
        var calls = counts.ToDictionary(static count => count, static _ => new Calls());
        var rounds = (effort.Pairs + 1) / 2;
        for (var round = 0; round <= rounds; round++)
        {
            Console.Error.WriteLine($"  {clients} clients on {partitions} partition{(partitions == 1 ? "" : "s")}: round {round} of {rounds}");
            foreach (var count in counts)
            {
                // A topic of its own each time: the emulator takes longer the more blocks a blob has, which would tell against whoever comes later.
                var topic = await bed.CreateTopicAsync(partitions);
                var requests = services.Select(service => HttpConnection.Request("POST", $"/topics/{topic}", service.Host, body, Payloads.JsonType)).ToArray();
                var connections = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => services[client % count].ConnectAsync()));

                // The processes have to meet first: until each has been refused once, they do not know of one another.
                await Load.RateAsync(clients, effort.Seconds, client => connections[client].ExpectAsync(requests[client % count]));
                var before = await Calls.ReadAsync(services, topic);
                var cpu = new CpuTimes(bed);
                var rate = await Load.RateAsync(clients, effort.Seconds, client => connections[client].ExpectAsync(requests[client % count]));
                foreach (var connection in connections)
                    connection.Dispose();
                if (round == 0)
                    continue;
                rates[count].Add(rate);
                calls[count].Add(cpu, rate * effort.Seconds);
                calls[count].Add(before, await Calls.ReadAsync(services, topic));
            }
        }

        return [.. counts.Select(count =>
        {
            var ratio = Pairs.Median(rates[count].Zip(rates[1], static (many, one) => many / one));
            return new Finding(
                "processes", $"{count} on {partitions} partition{(partitions == 1 ? "" : "s")}, {clients:N0} clients", Pairs.Median(rates[count]), "records/s", Pairs.Median(rates[1]), ratio,
                count == 1 ? "reported" : aim, count == 1 || least is null ? null : ratio >= least, calls[count] + (count == 1 ? more : ""));
        })];
    }

    /// <summary>What the processes did to storage for some topics, by their own meters.</summary>
    private sealed class Calls
    {
        private static readonly (string Metric, string Verb)[] s_read =
        [
            ("managedlog_storage_operation_duration_seconds_count", "append"), ("managedlog_storage_operation_duration_seconds_sum", "append"),
            ("managedlog_storage_operation_duration_seconds_count", "read_range"), ("managedlog_storage_operation_duration_seconds_sum", "read_range"),
            ("managedlog_append_records_count", ""), ("managedlog_append_records_sum", ""),
        ];

        private readonly double[] _sums = new double[s_read.Length];
        private double _measured;
        private TimeSpan[] _cpu = [];

        /// <summary>The processor time of the generator, the services and the emulator for about so many records.</summary>
        public void Add(CpuTimes cpu, double records)
        {
            _measured += records;
            var taken = cpu.Taken();
            _cpu = _cpu.Length == 0 ? taken : [.. _cpu.Zip(taken, static (sum, more) => sum + more)];
        }

        /// <summary>What stands now.</summary>
        public static Task<double[]> ReadAsync(IReadOnlyList<ServiceInstance> services, string topic) => Task.WhenAll(s_read.Select(async read =>
        {
            var labels = (read.Verb.Length > 0 ? $"\"{read.Verb}\"," : "") + $"messaging_destination_name=\"{topic}\"";
            return (await Task.WhenAll(services.Select(service => service.MetricAsync(read.Metric, labels)))).Sum();
        }));

        /// <summary>What was done in between.</summary>
        public void Add(double[] before, double[] after)
        {
            for (var i = 0; i < _sums.Length; i++)
                _sums[i] += after[i] - before[i];
        }

        public override string ToString()
        {
            var (appends, appendSeconds, reads, readSeconds, blocks, records) = (_sums[0], _sums[1], _sums[2], _sums[3], _sums[4], _sums[5]);
            return $"{records / blocks:F1} records a block; {appends / blocks:F2} appends of {appendSeconds / appends * 1000:F1} ms and "
                + $"{reads / blocks:F2} reads of {readSeconds / Math.Max(1, reads) * 1000:F1} ms for each block; "
                + $"µs of processor time a record: {string.Join(", ", CpuTimes.Names.Zip(_cpu, (name, time) => $"{name} {time.TotalMicroseconds / _measured:F0}"))}";
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using ManagedLog.Benchmarks.Http;
using ManagedLog.Benchmarks.Running;

namespace ManagedLog.Benchmarks.Rows;

/// <summary>What 1,000 records cost in calls to storage, one partition written to through one instance, at several rates. Opening the partition is not counted.</summary>
internal sealed class Operations : IBenchmark
{
    public string Name => "operations";

    public string Description => "Storage operations for each 1,000 records at 1, 100 and 10,000 records/s.";

    public async Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort) =>
    [
        await RunAsync(bed, 1, 1, effort.Seconds * 5),
        await RunAsync(bed, 100, 1, effort.Seconds * 3),
        await RunAsync(bed, 10_000, 10, effort.Seconds * 2),
    ];

    private static async Task<Finding> RunAsync(Bed bed, int perSecond, int inRequest, double seconds)
    {
        var service = (await bed.ServicesAsync(1))[0];
        var topic = await bed.CreateTopicAsync();
        var request = HttpConnection.Request("POST", $"/topics/{topic}", service.Host, Payloads.JsonBody(inRequest, 100), Payloads.JsonType);
        var idle = new ConcurrentBag<HttpConnection>();
        await SendAsync();
        var before = await service.MetricAsync("managedlog_storage_operations_total");
        var (written, read) = (await CallsAsync("append"), await CallsAsync("read_row"));
        var watch = Stopwatch.StartNew();
        await Load.PaceAsync(perSecond / (double)inRequest, seconds, SendAsync);
        var reached = perSecond * seconds / watch.Elapsed.TotalSeconds;
        var calls = await service.MetricAsync("managedlog_storage_operations_total") - before;
        (written, read) = (await CallsAsync("append") - written, await CallsAsync("read_row") - read);
        foreach (var connection in idle)
            connection.Dispose();
        var thousands = perSecond * seconds / 1000;
        return new Finding(
            "operations", string.Create(CultureInfo.InvariantCulture, $"{perSecond:N0} records/s{(inRequest > 1 ? $", {inRequest} a request" : "")}"), calls / thousands, "operations/1,000 records",
            Aim: "reported", Note: $"{written / thousands:F1} appends, {read / thousands:F1} row reads, {(calls - written - read) / thousands:F1} others; {reached:N0} records/s were reached");

        Task<double> CallsAsync(string verb) => service.MetricAsync("managedlog_storage_operations_total", $"verb=\"{verb}\"");

        async Task SendAsync()
        {
            if (!idle.TryTake(out var connection))
                connection = await service.ConnectAsync();
            await connection.ExpectAsync(request);
            idle.Add(connection);
        }
    }
}

using ManagedLog.Benchmarks.Http;
using ManagedLog.Benchmarks.Running;

namespace ManagedLog.Benchmarks.Rows;

/// <summary>
/// Raw batches of 1 MiB through the service, against conditional appends of the same bytes. The bare client sends one after another, as the condition wants it; a producer
/// keeps a few requests in flight, as Kafka's do, or only one.
/// </summary>
internal sealed class BulkProduce : IBenchmark
{
    private const double Aim = 0.88;

    public string Name => "bulk";

    public string Description => "Raw batches of 1 MiB against bare conditional appends of the same bytes.";

    public async Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort) => [await RunAsync(bed, effort, 3, Aim), await RunAsync(bed, effort, 1, null)];

    private static async Task<Finding> RunAsync(Bed bed, Effort effort, int inFlight, double? aim)
    {
        var service = (await bed.ServicesAsync(1))[0];
        var topic = await bed.CreateTopicAsync();
        var batch = Payloads.Batch();
        var request = HttpConnection.Request("POST", $"/topics/{topic}/partitions/0", service.Host, batch, Payloads.RawType);
        var producers = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => service.ConnectAsync()));
        using var bare = await HttpConnection.OpenAsync(bed.Bare.Server);
        var blob = $"bulk-{topic}";
        await bed.Bare.CreateAsync(bare, blob);
        var position = 0L;
        var cpu = new CpuTimes(bed);
        var pairs = await Pairs.RunAsync(
            effort.Pairs,
            async () => effort.Megabytes / await Load.TimeAsync(inFlight, effort.Megabytes, client => producers[client].ExpectAsync(request)),
            async () => effort.Megabytes / await Load.TimeAsync(1, effort.Megabytes, async _ =>
            {
                await bed.Bare.AppendAtAsync(bare, blob, position, batch);
                position += batch.Length;
            }));
        var note = cpu.ToString();
        foreach (var producer in producers)
            producer.Dispose();
        return new Finding(
            "bulk", $"produce, {inFlight} in flight", pairs.Ours, "MiB/s", pairs.Bare, pairs.Ratio, aim is null ? "reported" : $"≥ {aim:F2}", aim is null ? null : pairs.Ratio >= aim, $"ratios {pairs.Spread}; {note}");
    }
}

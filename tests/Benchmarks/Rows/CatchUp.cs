using System.Diagnostics;
using System.Globalization;
using ManagedLog.Benchmarks.Http;
using ManagedLog.Benchmarks.Running;

namespace ManagedLog.Benchmarks.Rows;

/// <summary>
/// A reader that begins far back and reads raw batches, one request after another, against range reads of 1 MiB of the same blob. Cold: the service has no more memory for
/// what it has read than it needs for the next few requests, so that every byte comes from storage.
/// </summary>
internal sealed class CatchUp : IBenchmark
{
    private const double Aim = 0.8;
    private const int FetchBytes = 4 * Payloads.Megabyte;

    public string Name => "catchup";

    public string Description => "Raw fetch from the beginning, cold, against bare range reads of 1 MiB: of a rewritten segment and of one that is not.";

    public async Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort)
    {
        var cold = await bed.StartOwnAsync(
            ("ManagedLog__Engine__ReadCacheBytes", (16 * Payloads.Megabyte).ToString(CultureInfo.InvariantCulture)), ("ManagedLog__Engine__HousekeepingDelay", "00:00:00"));
        var written = await WriteAsync(bed, effort, cold);
        var findings = new List<Finding>();
        foreach (var (topic, what, log) in written)
            findings.Add(await ReadAsync(bed, effort, cold, topic, log, $"not rewritten, {what}", null));
        var done = await cold.HousekeepAsync();
        var rewritten = await NamesAsync(bed, ".segment");
        if (rewritten.Count < written.Count)
            throw new InvalidOperationException($"The segments were not rewritten: {done}");
        foreach (var (topic, what, log) in written)
            findings.Add(await ReadAsync(bed, effort, cold, topic, rewritten.Single(name => name.Split('/')[0] == log.Split('/')[0]), $"rewritten, {what}", Aim));
        await bed.StopAsync(cold);
        return findings;
    }

    /// <summary>A full segment for each size of block. The name of its blob.</summary>
    private static async Task<List<(string Topic, string What, string Log)>> WriteAsync(Bed bed, Effort effort, ServiceInstance cold)
    {
        var full = new List<(string Topic, string What, string Log)>();
        using var writer = await cold.ConnectAsync();
        var segment = effort.Megabytes * Payloads.Megabyte;
        foreach (var (batchKiB, what) in ((int, string)[])[(1024, "written in 1 MiB blocks"), (64, "written in 64 KiB blocks")])
        {
            var topic = await bed.CreateTopicAsync(1, $$"""[{"name":"segment.bytes","value":"{{segment}}"},{"name":"linger.ms","value":"0"}]""");
            var batch = Payloads.Batch(1024, batchKiB * 1024);
            var before = await NamesAsync(bed, ".log");
            for (var written = 0; written < segment; written += batch.Length)
                await writer.ExpectAsync("POST", $"/topics/{topic}/partitions/0", cold.Host, batch, Payloads.RawType);
            full.Add((topic, what, (await NamesAsync(bed, ".log")).Except(before).Single()));

            // One more, which finds the segment full and rolls it.
            await writer.ExpectAsync("POST", $"/topics/{topic}/partitions/0", cold.Host, batch, Payloads.RawType);
        }

        return full;
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(Bed bed, string suffix) =>
        [.. (await BareStorage.FindAsync(bed.ConnectionString, Bed.Container, suffix)).Select(static blob => blob.Name)];

    private static async Task<Finding> ReadAsync(Bed bed, Effort effort, ServiceInstance cold, string topic, string blob, string what, double? aim)
    {
        var length = (await BareStorage.FindAsync(bed.ConnectionString, Bed.Container, blob)).Single().Properties.Length;
        using var reader = await cold.ConnectAsync();
        using var bare = await HttpConnection.OpenAsync(bed.Bare.Server);

        var cpu = new CpuTimes(bed);
        var misses = await cold.MetricAsync("managedlog_read_cache_requests_total", "miss");
        var pairs = await Pairs.RunAsync(effort.Pairs, () => FetchAllAsync(reader, cold.Host, topic, length), () => ReadAllAsync(bed.Bare, bare, blob, length));
        misses = await cold.MetricAsync("managedlog_read_cache_requests_total", "miss") - misses;
        var reads = $"{misses / (effort.Pairs + 1) / (length / (double)Payloads.Megabyte):F2} reads of storage for each MiB";
        return new Finding("catchup", what, pairs.Ours, "MiB/s", pairs.Bare, pairs.Ratio, aim is null ? "reported" : $"≥ {aim:F2}", aim is null ? null : pairs.Ratio >= aim, $"ratios {pairs.Spread}; {reads}; {cpu}");
    }

    private static async Task<double> FetchAllAsync(HttpConnection reader, string host, string topic, long length)
    {
        var watch = Stopwatch.StartNew();
        var offset = 0L;
        var taken = 0L;
        while (taken < length - Payloads.Megabyte)
        {
            await reader.ExpectAsync("GET", $"/topics/{topic}/partitions/0/records?offset={offset}&max_bytes={FetchBytes}", host, default, Payloads.RawAccept);
            taken += reader.Body.Length;
            offset = NextOffset(reader.Body.Span);
        }

        return taken / (double)Payloads.Megabyte / watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> ReadAllAsync(BareStorage storage, HttpConnection bare, string blob, long length)
    {
        var watch = Stopwatch.StartNew();
        for (var position = 0L; position < length; position += Payloads.Megabyte)
            await storage.ReadAsync(bare, Bed.Container, blob, position, Payloads.Megabyte);
        return length / (double)Payloads.Megabyte / watch.Elapsed.TotalSeconds;
    }

    private static long NextOffset(ReadOnlySpan<byte> batches)
    {
        var next = 0L;
        while (Protocol.Records.RecordBatchHeader.TryRead(batches, out var header))
        {
            next = header.NextOffset;
            batches = batches[header.SizeInBytes..];
        }

        return next;
    }
}

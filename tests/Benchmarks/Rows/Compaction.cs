using System.Diagnostics;
using System.Globalization;
using System.Text;
using ManagedLog.Benchmarks.Running;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Hosting;
using ManagedLog.Protocol.Records;
using ManagedLog.Testing.Backend;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Benchmarks.Rows;

/// <summary>One compaction of a large partition on storage in memory: how fast, and what it asks of storage. Once with a map for all keys and once with a fraction of it.</summary>
internal sealed class Compaction : IBenchmark
{
    private const int RecordsInBatch = 1000;
    private const int ValueBytes = 1000;

    public string Name => "compaction";

    public string Description => "A partition of records of 1,000 bytes, four to a key, is compacted: records/s, bytes and operations of storage.";

    public async Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort) =>
        [await RunAsync(effort.Megabytes * 16, 32 * 1024 * 1024), await RunAsync(effort.Megabytes * 16, 1024 * 1024)];

    private static async Task<Finding> RunAsync(int batches, int mapBytes)
    {
        var calls = new CountingBackend(new InMemoryBackend(TimeProvider.System));
        var options = new EngineOptions { CompactionMapBytes = mapBytes, HousekeepingDelay = TimeSpan.Zero, ReadCacheBytes = 1024 * 1024 };
        await using var engine = new LogEngine(calls, options, TimeProvider.System, new SystemEntropy(), NullLogger.Instance);
        await engine.StartAsync(default);
        var configs = new Dictionary<string, string?> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "134217728", ["min.cleanable.dirty.ratio"] = "0", ["max.message.bytes"] = "4194304" };
        var topic = (await engine.CreateTopicAsync(new NewTopic("t", 1, null, configs, false), default)).Value;
        var random = new Random(1);
        var value = new byte[ValueBytes];
        for (var i = 0; i < batches; i++)
        {
            var builder = new RecordBatchBuilder();
            for (var record = 0; record < RecordsInBatch; record++)
            {
                random.NextBytes(value);
                builder.Add(1_700_000_000_000 + i, Encoding.UTF8.GetBytes($"key-{random.Next(batches * RecordsInBatch / 4)}"), value.ToArray(), []);
            }

            var appended = await engine.AppendAsync(topic, 0, new AppendRequest([builder.Build()]), default);
            if (appended.IsRefused)
                throw new InvalidOperationException(appended.Refusal.Message);
        }

        var before = calls.Calls.Count;
        var ticks = 0;
        var cpu = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        HousekeepingSummary summary;
        do
        {
            summary = (await engine.RunHousekeepingAsync(default)).Value;
            ticks++;
        }
        while (summary.Due > 0);
        var seconds = watch.Elapsed.TotalSeconds;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        var made = calls.Calls.Skip(before).ToList();
        var records = (double)batches * RecordsInBatch;
        return new Finding(
            "compaction", string.Create(CultureInfo.InvariantCulture, $"{records / 1e6:F2} million records, map of {mapBytes / 1024 / 1024} MiB"), records / seconds, "records/s", Aim: "reported",
            Note: string.Create(
                CultureInfo.InvariantCulture,
                $"{seconds:F1} s and {cpu.TotalSeconds:F1} s of processor time in {ticks} ticks; {Megabytes(StorageVerb.ReadRange)} MiB read and {Megabytes(StorageVerb.StageBlock)} MiB written in "
                + $"{made.Count} operations ({made.Count(call => call.Verb == StorageVerb.ReadRange)} ranges, {made.Count(call => call.Verb == StorageVerb.StageBlock)} blocks, "
                + $"{made.Count(call => call.Verb == StorageVerb.CommitBlocks)} objects, {made.Count(call => call.Verb == StorageVerb.CommitRows)} row transactions)"));

        long Megabytes(StorageVerb verb) => made.Where(call => call.Verb == verb).Sum(call => call.Bytes) / 1024 / 1024;
    }
}

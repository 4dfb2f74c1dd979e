using System.Diagnostics;
using ManagedLog.Benchmarks.Running;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.V2;
using ManagedLog.Functions.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Benchmarks.Rows;

/// <summary>
/// What our own code can do, with storage in memory and no network: raw batches through the engine, and JSON through the endpoint that takes it. There is nothing bare to
/// compare with, so what is counted is processor time.
/// </summary>
internal sealed class EngineAlone : IBenchmark
{
    private const int InFlight = 4;
    private const int RecordsInRequest = 100;
    private const double WarmUpSeconds = 3;

    public string Name => "engine";

    public string Description => "The engine alone on storage in memory, and the JSON endpoint in process: throughput, and bytes allocated for each record.";

    public async Task<IReadOnlyList<Finding>> RunAsync(Bed bed, Effort effort) =>
        [await RawAsync(effort), await JsonAsync(effort, 100, 300_000), await JsonAsync(effort, 1024, 120_000)];

    /// <summary>
    /// Storage in memory copies every block into memory of its own, which the system gives page by page when it is first written to; that is most of the time, and it varies. So it
    /// is measured alone beside, in turn. What the engine adds is counted in processor time.
    /// </summary>
    private static async Task<Finding> RawAsync(Effort effort)
    {
        const double Aim = 1024;
        var batch = Payloads.Batch();
        var total = effort.Megabytes * 4;
        var mebibytes = total * (batch.Length / (double)Payloads.Megabyte);
        var (ours, twin) = (new Costs(), new Costs());

        // Code that was just loaded is slow, and a round is short: some go by before one counts.
        var warm = Stopwatch.StartNew();
        while (warm.Elapsed.TotalSeconds < WarmUpSeconds)
        {
            await MeasureEngineAsync(batch, total, new Costs());
            await MeasureTwinAsync(batch, total, new Costs());
        }

        for (var round = 0; round < effort.Pairs; round++)
        {
            await MeasureEngineAsync(batch, total, ours);
            await MeasureTwinAsync(batch, total, twin);
        }

        var rate = mebibytes / ours.Seconds;
        return new Finding("engine", "raw batches of 1 MiB; bare: the storage in memory alone", rate, "MiB/s", mebibytes / twin.Seconds, twin.Seconds / ours.Seconds, $"≥ {Aim:F0}", rate >= Aim,
            $"{ours.Cpu / mebibytes * 1e6:F0} µs of processor time for each MiB, of which storage in memory takes {twin.Cpu / mebibytes * 1e6:F0}; "
            + $"{ours.Allocated / mebibytes / Payloads.Megabyte:F2} MiB allocated for each MiB, storage's own copy and the read cache's included");
    }

    private static async Task MeasureEngineAsync(byte[] batch, int total, Costs costs)
    {
        await using var engine = new LogEngine(new InMemoryBackend(TimeProvider.System), new EngineOptions(), TimeProvider.System, new SystemEntropy(), NullLogger.Instance);
        await engine.StartAsync(default);
        var topic = (await engine.CreateTopicAsync(new NewTopic("t", 1, null, new Dictionary<string, string?>(), false), default)).Value;

        // The engine takes the memory over, so each request has its own; making it is not measured.
        var batches = Enumerable.Range(0, total).Select(_ => batch.ToArray()).ToArray();
        var next = -1;
        await costs.AddAsync(() => Load.TimeAsync(InFlight, total, async _ =>
        {
            var appended = await engine.AppendAsync(topic, 0, new AppendRequest([batches[Interlocked.Increment(ref next)]]), default);
            if (appended.IsRefused)
                throw new InvalidOperationException(appended.Refusal.Message);
        }));
    }

    /// <summary>The same bytes, appended to a blob of it without anything in between.</summary>
    private static async Task MeasureTwinAsync(byte[] batch, int total, Costs costs)
    {
        var storage = new InMemoryBackend(TimeProvider.System);
        await storage.PrepareAsync([], default);
        await storage.CreateAppendBlobAsync("b", default);
        var batches = Enumerable.Range(0, total).Select(_ => batch.ToArray()).ToArray();
        var next = -1;
        await costs.AddAsync(() => Load.TimeAsync(1, total, async _ =>
        {
            var appended = await storage.AppendAsync("b", ++next * (long)batch.Length, batches[next], default);
            if (!appended.IsDone)
                throw new InvalidOperationException(appended.ToString());
        }));
    }

    private static async Task<Finding> JsonAsync(Effort effort, int valueBytes, double aim)
    {
        var body = Payloads.JsonBody(RecordsInRequest, valueBytes);
        var rates = new List<double>();
        var perCore = new List<double>();
        var allocated = new List<double>();
        for (var round = 0; round <= effort.Pairs; round++)
        {
            await using var app = Service.Build(["--storage", "memory", "--Logging:LogLevel:Default", "None"], _ => new InMemoryBackend(TimeProvider.System));
            var engine = app.Services.GetRequiredService<LogEngine>();
            await engine.StartAsync(default);
            await engine.CreateTopicAsync(new NewTopic("t", 1, null, new Dictionary<string, string?>(), false), default);
            var endpoint = app.Services.GetRequiredService<ProduceEndpoint>();
            GC.Collect();
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var cpu = Environment.CpuUsage.TotalTime;
            var watch = Stopwatch.StartNew();
            var requests = (int)(effort.Megabytes * 2.0 * Payloads.Megabyte / body.Length);
            await Load.TimeAsync(InFlight * 2, requests, _ => new ValueTask(SendAsync(app, endpoint, body)));
            var records = (double)requests * RecordsInRequest;
            if (round == 0)
                continue;
            rates.Add(records / watch.Elapsed.TotalSeconds);
            perCore.Add(records / (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
            allocated.Add((GC.GetTotalAllocatedBytes(precise: true) - before) / records);
        }

        var rate = Pairs.Median(perCore);
        return new Finding("engine", $"JSON endpoint, {valueBytes} B records, {RecordsInRequest} a request", rate, "records/s/core", Aim: $"≥ {aim:F0}", IsMet: rate >= aim,
            Note: $"{Pairs.Median(rates):F0} records/s on all cores; {Pairs.Median(allocated):F0} B allocated for each record, storage's own copy and the read cache's included");
    }

    private static async Task SendAsync(WebApplication app, ProduceEndpoint endpoint, byte[] body)
    {
        var context = new DefaultHttpContext { RequestServices = app.Services };
        context.Request.Method = "POST";
        context.Request.ContentType = "application/vnd.kafka.json.v2+json";
        context.Request.ContentLength = body.Length;
        context.Request.Body = new MemoryStream(body, writable: false);
        context.Request.RouteValues["topic"] = "t";
        context.Response.Body = Stream.Null;
        await endpoint.ToTopicAsync(context);
        if (context.Response.StatusCode != 200)
            throw new InvalidOperationException($"The endpoint answered {context.Response.StatusCode}.");
    }

    /// <summary>What some rounds took, each in seconds of the clock and of the processor, and in bytes.</summary>
    private sealed class Costs
    {
        private readonly List<(double Seconds, double Cpu, double Allocated)> _rounds = [];

        public double Seconds => Pairs.Median(_rounds.Select(static round => round.Seconds));

        public double Cpu => Pairs.Median(_rounds.Select(static round => round.Cpu));

        public double Allocated => Pairs.Median(_rounds.Select(static round => round.Allocated));

        public async Task AddAsync(Func<Task<double>> runAsync)
        {
            GC.Collect();
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var cpu = Environment.CpuUsage.TotalTime;
            var seconds = await runAsync();
            _rounds.Add((seconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, GC.GetTotalAllocatedBytes(precise: true) - before));
        }
    }
}

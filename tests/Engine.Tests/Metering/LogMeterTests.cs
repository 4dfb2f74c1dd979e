using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Log;
using ManagedLog.Simulation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Engine.Tests.Metering;

/// <summary>What an engine measures of a known history, by the public door.</summary>
public sealed class LogMeterTests : IDisposable
{
    private const string T = "{messaging.destination.name=t}";

    private readonly InMemoryBackend _twin = new(TimeProvider.System);
    private readonly Measurements _measured = new();

    [Fact]
    public async Task Appends_AreMeasuredByRequestsRecordsAndBytes()
    {
        var (engine, topic) = await StartAsync();
        var one = LogFixture.Batch("a", "b");
        var other = LogFixture.Batch("c");
        await AppendAsync(engine, topic, one, other);
        await AppendAsync(engine, topic, LogFixture.Batch("d"));

        Assert.Equal((2, 2), (_measured.Sum("managedlog.append.requests" + T), _measured.Count("managedlog.append.requests" + T)));
        Assert.Equal(4, _measured.Sum("managedlog.append.records" + T));
        Assert.Equal(one.Length + other.Length + LogFixture.Batch("d").Length, _measured.Sum("managedlog.append.size" + T));
        Assert.Equal(2, _measured.Count("managedlog.append.duration" + T));
        Assert.DoesNotContain(_measured.Keys, key => key.StartsWith("managedlog.append.retries", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Append_WhenAnotherInstanceWasThereFirst_IsMeasuredAsRefusedByPosition()
    {
        var (engine, topic) = await StartAsync();
        await AppendAsync(engine, topic, LogFixture.Batch("a"));
        var other = await OpenAsync(2, null);
        await AppendAsync(other, topic, LogFixture.Batch("b"));
        await AppendAsync(engine, topic, LogFixture.Batch("c"));

        Assert.Equal(1, _measured.Sum("managedlog.append.retries{managedlog.append.reason=position,messaging.destination.name=t}"));
        Assert.Equal(2, _measured.Count("managedlog.append.requests" + T));
    }

    [Fact]
    public async Task Fetches_AreMeasuredWithWhatTheReadCacheGave()
    {
        var (engine, topic) = await StartAsync();
        var batch = LogFixture.Batch("a");
        await AppendAsync(engine, topic, batch);
        Assert.Single((await engine.FetchAsync(topic, 0, new FetchRequest(FetchFrom.At(0), 1000, default), default)).Value.Batches);
        Assert.Equal(batch.Length, _measured.Sum("managedlog.fetch.io" + T));
        Assert.Equal(0, _measured.Sum("managedlog.read_cache.requests{managedlog.read_cache.result=miss}"));
        Assert.True(_measured.Sum("managedlog.read_cache.requests{managedlog.read_cache.result=hit}") > 0);

        var waits = _measured.FirstAsync("managedlog.fetch.waits" + T);
        var waiting = engine.FetchAsync(topic, 0, new FetchRequest(FetchFrom.At(1), 1000, TimeSpan.FromMinutes(1)), default).AsTask();
        await waits;
        await AppendAsync(engine, topic, LogFixture.Batch("b"));
        Assert.Single((await waiting).Value.Batches);
        Assert.Equal(2, _measured.Sum("managedlog.fetch.requests" + T));
        Assert.Equal(1, _measured.Sum("managedlog.fetch.waits" + T));
        Assert.Equal((0, 2), (_measured.Sum("managedlog.fetch.waiting" + T), _measured.Count("managedlog.fetch.waiting" + T)));
    }

    [Fact]
    public async Task StorageOperations_AreThoseThatReachTheBackend()
    {
        var (engine, topic) = await StartAsync();
        await AppendAsync(engine, topic, LogFixture.Batch("a"));
        Assert.Equal(2, _measured.Sum("managedlog.storage.operations{managedlog.storage.outcome=done,managedlog.storage.verb=append,messaging.destination.name=t}"));
    }

    public void Dispose() => _measured.Dispose();

    private static async Task AppendAsync(LogEngine engine, Topic topic, params Memory<byte>[] batches) =>
        Assert.False((await engine.AppendAsync(topic, 0, new AppendRequest(batches), default)).IsRefused);

    private async Task<(LogEngine Engine, Topic Topic)> StartAsync()
    {
        var engine = await OpenAsync(1, _measured.Meter);
        var created = await engine.CreateTopicAsync(new NewTopic("t", 1, null, new Dictionary<string, string?> { ["linger.ms"] = "0" }, false), default);
        return (engine, created.Value);
    }

    private async Task<LogEngine> OpenAsync(ulong seed, System.Diagnostics.Metrics.Meter? meter)
    {
        var engine = new LogEngine(_twin, new EngineOptions(), TimeProvider.System, new SeededEntropy(new SeededRandom(seed)), NullLogger.Instance, meter);
        await engine.StartAsync(default);
        return engine;
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Scheduling;
using ManagedLog.Testing.Backend;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Engine.Tests.Housekeeping;

/// <summary>Engines over one in-memory account in virtual time, so that weeks pass at once and every run is the same.</summary>
internal sealed class HousekeepingWorld
{
    private readonly SimulationLoop _loop;
    private ulong _seeds;

    private HousekeepingWorld(SimulationLoop loop)
    {
        _loop = loop;
        Twin = new InMemoryBackend(loop.Time);
    }

    public InMemoryBackend Twin { get; }

    public TimeProvider Time => _loop.Time;

    public DateTimeOffset Now => _loop.Time.GetUtcNow();

    public static void Run(Func<HousekeepingWorld, Task> body, ulong seed = 1) =>
        SimulationLoop.Run(seed, TimeSpan.FromDays(400), loop => body(new HousekeepingWorld(loop)));

    public async Task<HousekeepingInstance> StartAsync(
        FaultScript? faults = null, ProtocolRules? rules = null, TimeSpan skew = default, Func<IStorageBackend, IStorageBackend>? decorate = null, Action<EngineOptions>? configure = null,
        ILogger? logger = null)
    {
        var counting = new CountingBackend(new FaultyBackend(decorate is null ? Twin : decorate(Twin), faults ?? new FaultScript(), _loop.Time));
        var options = new EngineOptions();
        configure?.Invoke(options);
        var clock = new VirtualTimeProvider(_loop.World) { Skew = skew };
        var engine = new LogEngine(counting, options, clock, new SeededEntropy(new SeededRandom(++_seeds)), logger ?? NullLogger.Instance, rules ?? ProtocolRules.All);
        await engine.StartAsync(default);
        return new HousekeepingInstance(engine, counting, this);
    }

    /// <summary>What parts of an engine need that are tested by themselves.</summary>
    public static PartitionContext Context(IStorageBackend backend, HousekeepingWorld world) =>
        new(backend, new EngineOptions(), world._loop.Time, new SeededEntropy(new SeededRandom(++world._seeds)), NullLogger.Instance)
        {
            Cache = new ReadCache(backend, 1_000_000),
            Rules = ProtocolRules.All,
            NextProducerId = _ => ValueTask.FromResult(1L),
        };

    public Task WaitAsync(TimeSpan span) => Task.Delay(span, _loop.Time);

    /// <summary>Ticks every half minute for as long.</summary>
    public async Task TickForAsync(HousekeepingInstance instance, TimeSpan span)
    {
        var until = Now + span;
        while (Now < until)
        {
            await WaitAsync(TimeSpan.FromSeconds(30));
            await instance.TickAsync();
        }
    }

    /// <summary>Goes through a long time in steps of hours, with two ticks each: enough for what waits for a row to be half a minute old.</summary>
    public async Task TickThroughAsync(HousekeepingInstance instance, TimeSpan span)
    {
        var until = Now + span;
        while (Now < until)
        {
            await instance.TickAsync();
            await WaitAsync(TimeSpan.FromSeconds(40));
            await instance.TickAsync();
            await WaitAsync(TimeSpan.FromHours(1));
        }
    }

    public static Memory<byte> Batch(long timestamp, params string[] values)
    {
        var builder = new RecordBatchBuilder();
        foreach (var value in values)
            builder.Add(timestamp, null, System.Text.Encoding.UTF8.GetBytes(value), []);
        return builder.Build();
    }

    public static IEnumerable<string> ValuesOf(ReadOnlyMemory<byte> batch)
    {
        Assert.True(RecordBatchReader.TryOpen(batch, 1_000_000, out var reader, out _));
        while (reader.TryReadNext(out var record))
            yield return System.Text.Encoding.UTF8.GetString(record.Value!.Value.Span);
    }

    public async Task<PartitionHeadRow> HeadAsync(TopicPartition partition) =>
        PartitionHeadRow.Decode((await Twin.ReadRowAsync(StorageLayout.PartitionsTable, new RowAddress(StorageLayout.PartitionKey(partition), StorageLayout.HeadRowKey), default)).Value);

    public async Task<List<ChainSegmentRow>> SegmentsAsync(TopicPartition partition)
    {
        var rows = await RowsAsync(StorageLayout.PartitionsTable, StorageLayout.PartitionKey(partition));
        return [.. rows.Where(row => row.Address.RowKey.StartsWith(StorageLayout.SegmentRowKeyPrefix, StringComparison.Ordinal)).Select(ChainSegmentRow.Decode)];
    }

    public async Task<List<Row>> RowsAsync(string table, string partitionKey)
    {
        var rows = new List<Row>();
        string? continuation = null;
        do
        {
            var page = (await Twin.QueryRowsAsync(table, new RowQuery(partitionKey, Continuation: continuation), default)).Value;
            rows.AddRange(page.Rows);
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return rows;
    }

    public async Task<List<DueRow>> DueAsync() => [.. (await RowsAsync(StorageLayout.DueTable, StorageLayout.DuePartitionKey)).Select(DueRow.Decode)];

    public async Task<List<string>> BlobsAsync(TopicId topic)
    {
        var blobs = await Twin.ListBlobsAsync(StorageLayout.BlobPrefix(topic), null, 5000, default);
        return [.. blobs.Value.Blobs.Select(blob => blob.Name)];
    }

    /// <summary>The blobs that head, chain and checkpoint name.</summary>
    public async Task<List<string>> NamedAsync(TopicPartition partition)
    {
        var head = await HeadAsync(partition);
        var named = new List<string?> { StorageLayout.LogBlob(partition, head.Active.BaseOffset, head.Active.Segment), head.Active.ProducersBlob };
        foreach (var segment in await SegmentsAsync(partition))
            named.AddRange([segment.Blob, segment.ProducersBlob, .. segment.DeadBlobs]);
        var checkpoint = await Twin.ReadRowAsync(StorageLayout.PartitionsTable, new RowAddress(StorageLayout.PartitionKey(partition), StorageLayout.CheckpointRowKey), default);
        if (checkpoint.IsDone)
            named.Add(CheckpointRow.Decode(checkpoint.Value).Blob);
        return [.. named.OfType<string>().Order(StringComparer.Ordinal)];
    }
}

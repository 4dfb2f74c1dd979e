using System.Diagnostics;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Records;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Proof.Opening;

/// <summary>Fills one partition with so many records, then lets fresh engines do one thing each.</summary>
/// <param name="time">Also storage's clock, where that is in memory: then the housekeeping runs before the measurement, as it does all the time beside a service.</param>
internal sealed class OpenProof(IStorageBackend storage, ShiftedTime time, int records, int perBatch)
{
    private const int Repeats = 7;
    private const int ValueBytes = 100;

    /// <summary>The records' timestamps are so many ms apart, and all in the past.</summary>
    private static readonly long s_firstTime = DateTimeOffset.UtcNow.AddDays(-1).ToUnixTimeMilliseconds();

    private readonly Random _random = new(1);

    public async Task<IReadOnlyList<OpenCost>> MeasureAsync()
    {
        await FillAsync();
        var unkept = await MeasureAsync("a random offset, no segment rewritten yet", FetchAnywhereAsync);
        if (storage is InMemoryBackend)
            await KeepHouseAsync();
        return
        [
            unkept with { IsBounded = false },
            await MeasureAsync("a fetch at the end", (engine, topic) => FetchAsync(engine, topic, FetchFrom.Latest, expected: records)),
            await MeasureAsync("a fetch at a random offset", FetchAnywhereAsync),
            await MeasureAsync("the offset of a random time", FindAnywhereAsync),
            await MeasureAsync("an append", AppendAsync),
        ];
    }

    private async Task<(LogEngine Engine, Topic Topic, ReadCounter Calls)> StartAsync()
    {
        var calls = new ReadCounter(storage);
        var engine = new LogEngine(calls, new EngineOptions(), time, new RandomEntropy(), NullLogger.Instance);
        await engine.StartAsync(default);
        var topic = await engine.FindTopicAsync("opened", default);
        return (engine, topic.IsRefused ? (await engine.CreateTopicAsync(new NewTopic("opened", 1, null, new Dictionary<string, string?> { ["linger.ms"] = "0" }, false), default)).Value : topic.Value, calls);
    }

    /// <summary>One append a block, as the engine takes them one after the other.</summary>
    private async Task FillAsync()
    {
        var (engine, topic, _) = await StartAsync();
        var value = new byte[ValueBytes];
        for (var at = 0; at < records; at += perBatch)
        {
            var builder = new RecordBatchBuilder();
            for (var i = at; i < Math.Min(at + perBatch, records); i++)
            {
                _random.NextBytes(value);
                builder.Add(s_firstTime + i, null, value, []);
            }

            Require(await engine.AppendAsync(topic, 0, new AppendRequest([builder.Build()]), default));
        }

        await engine.DisposeAsync();
    }

    /// <summary>Ticks until it has rewritten what was sealed, and an hour later deleted what that replaced.</summary>
    private async Task KeepHouseAsync()
    {
        var (engine, _, _) = await StartAsync();
        for (var tick = 0; tick < 24; tick++)
        {
            time.Shift += TimeSpan.FromMinutes(10);
            var ticked = Require(await engine.RunHousekeepingAsync(default));
            if (ticked.Failed > 0)
                throw new ProofFailedException($"The housekeeping failed: {ticked}");
        }
    }

    private async Task<OpenCost> MeasureAsync(string what, Func<LogEngine, Topic, Task> step)
    {
        var costs = new List<(long Operations, long Bytes, double Milliseconds)>();
        for (var i = 0; i < Repeats; i++)
        {
            var (engine, topic, calls) = await StartAsync();
            var (operations, bytes) = calls.Totals;
            var watch = Stopwatch.StartNew();
            await step(engine, topic);
            var elapsed = watch.Elapsed.TotalMilliseconds;
            costs.Add((calls.Totals.Operations - operations, calls.Totals.Bytes - bytes, elapsed));
            await engine.DisposeAsync();
        }

        return new OpenCost(what, costs.Max(cost => cost.Operations), costs.Max(cost => cost.Bytes), costs.Select(cost => cost.Milliseconds).Order().ElementAt(Repeats / 2));
    }

    private async Task FetchAnywhereAsync(LogEngine engine, Topic topic)
    {
        var offset = _random.Next(records);
        var fetched = await FetchAsync(engine, topic, FetchFrom.At(offset), offset);
        if (!RecordBatchHeader.TryRead(fetched.Batches[0].Span, out var header) || header.BaseOffset > offset || header.LastOffset < offset)
            throw new ProofFailedException($"A fetch at {offset} gave another batch.");
    }

    private static async Task<FetchResult> FetchAsync(LogEngine engine, Topic topic, FetchFrom from, long expected)
    {
        var fetched = Require(await engine.FetchAsync(topic, 0, new FetchRequest(from, 16 * 1024, TimeSpan.Zero), default));
        return fetched.FetchOffset == expected ? fetched : throw new ProofFailedException($"A fetch from {from} began at {fetched.FetchOffset}, not at {expected}.");
    }

    private async Task FindAnywhereAsync(LogEngine engine, Topic topic)
    {
        var offset = _random.Next(records);
        var found = Require(await engine.OffsetForTimestampAsync(topic, 0, s_firstTime + offset, default));
        if (found.Offset != offset)
            throw new ProofFailedException($"The time of offset {offset} was found at {found.Offset}.");
    }

    private static async Task AppendAsync(LogEngine engine, Topic topic)
    {
        var builder = new RecordBatchBuilder();
        builder.Add(s_firstTime, null, new byte[ValueBytes], []);
        Require(await engine.AppendAsync(topic, 0, new AppendRequest([builder.Build()]), default));
    }

    private static T Require<T>(Result<T> result) => result.IsRefused ? throw new ProofFailedException(result.Refusal.Message) : result.Value;
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Testing.Backend;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>Partition logs of several instances over one in-memory account, each with its own counter of storage calls.</summary>
internal sealed class LogFixture
{
    public LogFixture(InMemoryBackendOptions? options = null, TopicConfig? config = null)
    {
        Twin = new InMemoryBackend(TimeProvider.System, options ?? new InMemoryBackendOptions());
        Config = config ?? Configured(("linger.ms", "0"));
        Assert.True(Twin.PrepareAsync(StorageLayout.Tables, default).AsTask().GetAwaiter().GetResult().IsDone);
    }

    public InMemoryBackend Twin { get; }

    public TopicConfig Config { get; set; }

    public TopicPartition Partition { get; } = new(new TopicId(Guid.Parse("11111111111111111111111111111111")), 0);

    public EngineOptions Options { get; } = new() { HelpAfter = TimeSpan.FromMilliseconds(1) };

    private long _producerIds;
    private int _instances;

    public static TopicConfig Configured(params (string Name, string Value)[] configs) => new(configs.ToDictionary(c => c.Name, c => c.Value));

    public Instance Start(Func<IStorageBackend, IStorageBackend>? decorate = null, ProtocolRules? rules = null)
    {
        var counting = new CountingBackend(decorate is null ? Twin : decorate(Twin));
        var entropy = new TestEntropy(Interlocked.Increment(ref _instances));
        var backend = new RetryingBackend(counting, TimeProvider.System, entropy);
        var context = new PartitionContext(backend, Options, TimeProvider.System, entropy, NullLogger.Instance)
        {
            Cache = new ReadCache(backend, Options.ReadCacheBytes),
            Rules = rules ?? ProtocolRules.All,
            NextProducerId = _ => ValueTask.FromResult(Interlocked.Increment(ref _producerIds)),
        };
        return new Instance(new PartitionLog(context, Partition, Config), counting, context);
    }

    public static Memory<byte> Batch(params string[] values)
    {
        var builder = new RecordBatchBuilder();
        foreach (var value in values)
            builder.Add(1_700_000_000_000, null, System.Text.Encoding.UTF8.GetBytes(value), []);
        return builder.Build();
    }

    internal sealed record Instance(PartitionLog Log, CountingBackend Calls, PartitionContext Context)
    {
        public async Task<long> AppendAsync(params string[] values)
        {
            var result = await Log.AppendAsync(new AppendRequest([Batch(values)]), "test", default);
            Assert.False(result.IsRefused, result.Refusal?.ToString());
            return result.Value.Batches[0].BaseOffset;
        }

        public async Task<List<(long Offset, string Value)>> ReadAllAsync(long from = 0)
        {
            var records = new List<(long, string)>();
            while (true)
            {
                var result = await Log.FetchAsync(new FetchRequest(FetchFrom.At(from), 1_000_000, TimeSpan.Zero), "test", default);
                Assert.False(result.IsRefused, result.Refusal?.ToString());
                if (result.Value.Batches.Count == 0)
                    return records;
                foreach (var batch in result.Value.Batches)
                {
                    Assert.True(RecordBatchReader.TryOpen(batch, 1_000_000, out var reader, out _));
                    while (reader.TryReadNext(out var record))
                    {
                        if (record.Offset >= from)
                            records.Add((record.Offset, System.Text.Encoding.UTF8.GetString(record.Value!.Value.Span)));
                    }
                }

                from = result.Value.NextOffset;
            }
        }
    }

    private sealed class TestEntropy(int seed) : Entropy
    {
        private readonly Random _random = new(seed);
        private readonly Lock _lock = new();

        public override Guid NextGuid()
        {
            var bytes = new byte[16];
            lock (_lock)
                _random.NextBytes(bytes);
            return new Guid(bytes);
        }

        public override double NextDouble()
        {
            lock (_lock)
                return _random.NextDouble();
        }
    }
}

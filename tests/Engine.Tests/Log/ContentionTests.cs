using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Simulation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>Several instances that append to one partition all the time, over storage that takes its time, in virtual time: what they get done, and what it costs.</summary>
public sealed class ContentionTests
{
    private const int Clients = 64;

    [Theory]
    [InlineData(2, 0.9, 1.1)]
    [InlineData(4, 0.8, 1.4)]
    public void Instances_OnOnePartition_TakeTurns_AndSeldomRefuseEachOther(int instances, double leastShare, double mostAppendsPerBlock)
    {
        var alone = Measure(1);
        var together = Measure(instances);
        Assert.True(together.Records >= leastShare * alone.Records, $"{together.Records} records, {alone.Records} by one instance");
        Assert.True(together.Appends <= mostAppendsPerBlock * together.Blocks, $"{together.Appends} appends and {together.Reads} reads for {together.Blocks} blocks");
    }

    /// <summary>Where an append takes longer than the linger, half of the clients would be answered while the other half is being appended, each time.</summary>
    [Fact]
    public void Clients_ThatSendAgainOnceTheyAreAnswered_AreAppendedTogether_AlthoughAppendsTakeLong()
    {
        var done = Measure(1, slower: 4);
        Assert.True(done.Records >= 0.85 * Clients * done.Blocks, $"{done.Records} records in {done.Blocks} blocks");
    }

    /// <summary>
    /// Storage does one thing at a time, so that a read waits as long as an append: whoever was refused and reads comes too late again if the one that refused it takes no turns.
    /// </summary>
    [Fact]
    public void Instances_OnOverloadedStorage_FindTheirTurns()
    {
        var together = Measure(2, partitions: 16, clients: 1024, seconds: 12);
        Assert.True(together.Appends <= 1.25 * together.Blocks, $"{together.Appends} appends and {together.Reads} reads for {together.Blocks} blocks");
    }

    /// <summary>
    /// Some seconds, the clients spread over all instances, each with one request at a time; 2 ms for an append, 1 ms for a read, or so many times more. Each sends to any
    /// of the partitions; with several, storage does one thing after another.
    /// </summary>
    private static (int Records, long Appends, long Reads, long Blocks) Measure(int instances, int slower = 1, int clients = Clients, int partitions = 1, int seconds = 2)
    {
        var (records, appends, reads, blocks) = (0, 0L, 0L, 0L);
        SimulationLoop.Run(1, TimeSpan.FromMinutes(1), async loop =>
        {
            var fixtures = Enumerable.Range(0, partitions).Select(_ => new LogFixture(config: LogFixture.Configured(("linger.ms", "5")))).ToArray();
            var overload = partitions > 1 ? new Overload() : null;
            var refused = new Refusals();
            var choices = new SeededRandom(99);
            var ids = 0L;
            var logs = Enumerable.Range(0, instances).Select(instance => fixtures.Select(fixture =>
            {
                var entropy = new SeededEntropy(new SeededRandom((ulong)instance + 7));
                var backend = new Delayed(fixture.Twin, loop.Time, entropy, refused, slower, overload);
                var context = new PartitionContext(backend, new EngineOptions(), loop.Time, entropy, NullLogger.Instance)
                {
                    Cache = new ReadCache(backend, 1_000_000),
                    Rules = ProtocolRules.All,
                    NextProducerId = _ => ValueTask.FromResult(++ids),
                };
                return new PartitionLog(context, fixture.Partition, fixture.Config);
            }).ToArray()).ToArray();
            var end = loop.Time.GetUtcNow().AddSeconds(seconds);
            await Task.WhenAll(Enumerable.Range(0, clients).Select(client => SendAsync(logs[client % instances])));
            (appends, reads, blocks) = (refused.Appends, refused.Reads, refused.Done);

            async Task SendAsync(PartitionLog[] log)
            {
                while (loop.Time.GetUtcNow() < end)
                {
                    Assert.False((await choices.Pick(log).AppendAsync(new AppendRequest([LogFixture.Batch("x")]), "test", default)).IsRefused);
                    records++;
                }
            }
        }, 10_000_000);
        return (records, appends, reads, blocks);
    }

    private sealed class Refusals
    {
        public long Appends { get; set; }

        public long Done { get; set; }

        public long Reads { get; set; }
    }

    private sealed class Overload
    {
        public DateTimeOffset FreeAt { get; set; }
    }

    /// <summary>Half of the time passes before the effect and half after it.</summary>
    private sealed class Delayed(IStorageBackend inner, TimeProvider time, Entropy entropy, Refusals refusals, int slower, Overload? overload) : InterceptingBackend(inner)
    {
        protected override async ValueTask<Outcome<T>> InvokeAsync<T>(StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
        {
            // Mostly near the usual, now and then twice as long.
            var half = TimeSpan.FromMilliseconds(slower * (call.Verb == StorageVerb.Append ? 1 : 0.5) * (0.7 + (1.3 * Math.Pow(entropy.NextDouble(), 3))));
            if (overload is not null)
            {
                var now = time.GetUtcNow();
                overload.FreeAt = (overload.FreeAt > now ? overload.FreeAt : now) + (half * 2);
                half = (overload.FreeAt - now) / 2;
            }

            await Task.Delay(half, time, CancellationToken.None);
            var outcome = await proceed(CancellationToken.None);
            if (call.Verb == StorageVerb.Append)
            {
                refusals.Appends++;
                refusals.Done += outcome.IsDone ? 1 : 0;
            }

            else if (call.Verb == StorageVerb.ReadRange)
            {
                refusals.Reads++;
            }

            await Task.Delay(half, time, CancellationToken.None);
            return outcome;
        }
    }
}

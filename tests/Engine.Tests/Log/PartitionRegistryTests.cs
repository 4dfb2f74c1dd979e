using System.Runtime.CompilerServices;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;
using ManagedLog.Testing.Backend;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>Which partitions an instance has open, and when it lets go of one.</summary>
public class PartitionRegistryTests
{
    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void Partition_WhenNobodyAsksForItInAWhile_IsForgottenAndOpenedAgainByAFewOperations() => Run(async (world, registry, topic, calls) =>
    {
        for (var partition = 0; partition < 20; partition++)
            await AppendAsync(registry.Get(topic, partition), "a");
        await world.WaitAsync(s_idle - s_moment);
        await AppendAsync(registry.Get(topic, 7), "b");
        registry.ForgetIdle();
        Assert.Equal(20, registry.Count);

        // It is looked for at each request, but no more often than a quarter of the time.
        await world.WaitAsync(s_idle / 4);
        registry.Get(topic, 7);

        Assert.Equal((1, 19), (registry.Count, registry.Forgotten));
        Assert.Null(registry.Find(topic.At(0)));
        var before = calls.Calls.Count;
        Assert.Equal(["a"], await ReadAsync(registry.Get(topic, 0)));
        Assert.InRange(calls.Calls.Count - before, 1, 6);
        Assert.Equal(1, await AppendAsync(registry.Get(topic, 0), "c"));
        Assert.Equal(["a", "b"], await ReadAsync(registry.Get(topic, 7)));
    });

    [Fact]
    public void Partition_WhenTheTimeoutIsZero_IsNeverForgotten() => Run(
        async (world, registry, topic, _) =>
        {
            await AppendAsync(registry.Get(topic, 0), "a");
            await world.WaitAsync(TimeSpan.FromDays(30));
            registry.Get(topic, 1);
            registry.ForgetIdle();
            Assert.Equal((2, 0), (registry.Count, registry.Forgotten));
        },
        idle: TimeSpan.Zero);

    [Fact]
    public void Partition_AtWhoseEndSomebodyWaits_IsNotForgotten() => Run(async (world, registry, topic, _) =>
    {
        var log = registry.Get(topic, 0);
        await AppendAsync(log, "a");
        var arrived = false;
        using (log.Watch(1, () => arrived = true))
        {
            await world.WaitAsync(s_idle * 2);
            registry.ForgetIdle();
            Assert.Same(log, registry.Find(topic.At(0)));
            Assert.False(arrived);
        }

        await world.WaitAsync(s_idle);
        registry.ForgetIdle();
        Assert.Null(registry.Find(topic.At(0)));
    });

    [Fact]
    public void Partition_WithAnAppendUnderWay_IsNotForgotten() => Run(
        async (world, registry, topic, _) =>
        {
            var log = registry.Get(topic, 0);
            await AppendAsync(log, "a");
            var slow = AppendAsync(log, "slow").AsTask();
            await world.WaitAsync(s_idle + s_moment);
            registry.ForgetIdle();
            Assert.False(slow.IsCompleted);
            Assert.Same(log, registry.Find(topic.At(0)));

            Assert.Equal(1, await slow);
            await world.WaitAsync(s_idle);
            registry.ForgetIdle();
            Assert.Null(registry.Find(topic.At(0)));
            Assert.Equal(["a", "slow"], await ReadAsync(registry.Get(topic, 0)));
        },
        faults: (world, faults) => faults.On(StorageVerb.Append, Fault.Before(() => world.WaitAsync(s_idle * 2)), occurrence: 3),
        configure: options => options.AppendTimeout = s_idle * 5);

    /// <summary>Health tells of it; it is opened afresh when somebody asks for it.</summary>
    [Fact]
    public void Partition_ThatIsStopped_IsNotForgotten() => Run(async (world, registry, topic, _) =>
    {
        var log = registry.Get(topic, 0);
        await AppendAsync(log, "a");
        log.Close(new Refusal(ErrorCode.KafkaStorageError, "test"));
        await world.WaitAsync(s_idle * 2);
        registry.ForgetIdle();

        Assert.Equal([topic.At(0)], registry.Stopped().Select(stopped => stopped.Partition));
        Assert.NotSame(log, registry.Get(topic, 0));
        Assert.Empty(registry.Stopped());
    });

    /// <summary>
    /// Somebody has got the log just before it was forgotten, and somebody else opens it again: the two write and read beside each other, as two instances do, and nobody is refused
    /// anything.
    /// </summary>
    [Fact]
    public void Partition_WhenItIsForgottenBetweenARequestAndItsUse_ServesBothAsTwoInstancesDo() => Run(async (world, registry, topic, _) =>
    {
        var held = registry.Get(topic, 0);
        var expected = new List<string>();
        for (var round = 0; round < 5; round++)
        {
            await world.WaitAsync(s_idle);
            registry.ForgetIdle();
            var opened = registry.Get(topic, 0);
            Assert.NotSame(held, opened);
            foreach (var (log, name) in new[] { (held, "held"), (opened, "opened"), (held, "held again") })
            {
                Assert.Equal(expected.Count, await AppendAsync(log, $"{name} {round}"));
                expected.Add($"{name} {round}");
            }

            var both = new[] { AppendAsync(held, $"x {round}").AsTask(), AppendAsync(opened, $"y {round}").AsTask() };
            var offsets = await Task.WhenAll(both);
            Assert.Equal([expected.Count, expected.Count + 1], offsets.Order());
            expected.AddRange(offsets[0] < offsets[1] ? [$"x {round}", $"y {round}"] : [$"y {round}", $"x {round}"]);
            Assert.Equal(expected, await ReadAsync(held));
            Assert.Equal(expected, await ReadAsync(opened));
            held = opened;
        }

        Assert.Equal(5, registry.Forgotten);
    });

    /// <summary>On several threads, so that any two steps may come between each other.</summary>
    [Fact]
    public async Task Partition_ForgottenAgainAndAgainWhileOthersAskForIt_LosesAndDoublesNothing()
    {
        const int writers = 4;
        const int each = 50;
        var fixture = new LogFixture();
        var ids = 0L;
        var context = fixture.Start().Context with
        {
            Options = new EngineOptions { PartitionIdleTimeout = TimeSpan.FromTicks(1), HelpAfter = s_moment },
            NextProducerId = _ => ValueTask.FromResult(1_000 + Interlocked.Increment(ref ids)),
        };
        var registry = new PartitionRegistry(context);
        var topic = new Topic("t", fixture.Partition.Topic, 1, fixture.Config, DateTimeOffset.UnixEpoch);

        // Until it has come about often enough, however the threads get their turns.
        var writing = Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var written = 0;
            for (; written < each || registry.Forgotten < each; written++)
                await AppendAsync(registry.Get(topic, 0), $"{writer}-{written}");
            return written;
        })));
        while (!writing.IsCompleted)
            registry.ForgetIdle();
        var written = await writing;

        var read = await ReadAsync(registry.Get(topic, 0));
        Assert.Equal(written.Sum(), read.Count);
        for (var writer = 0; writer < writers; writer++)
            Assert.Equal(Enumerable.Range(0, written[writer]).Select(i => $"{writer}-{i}"), read.Where(value => value.StartsWith($"{writer}-", StringComparison.Ordinal)));
    }

    [Fact]
    public void Partition_WhenItIsForgotten_GivesItsMemoryBack() => Run(async (world, registry, topic, _) =>
    {
        var forgotten = await UseAsync(registry, topic);
        await world.WaitAsync(s_idle);
        registry.ForgetIdle();
        Assert.Equal(0, registry.Count);

        // What it had begun has ended by now: in virtual time all runs on this thread.
        await world.WaitAsync(s_idle);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(forgotten.IsAlive);
    });

    /// <summary>By itself, so that nothing here holds on to it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> UseAsync(PartitionRegistry registry, Topic topic)
    {
        var log = registry.Get(topic, 0);
        await AppendAsync(log, "a");
        Assert.Equal(["a"], await ReadAsync(log));
        return new WeakReference(log);
    }

    private static void Run(
        Func<HousekeepingWorld, PartitionRegistry, Topic, CountingBackend, Task> body,
        TimeSpan? idle = null,
        Action<HousekeepingWorld, FaultScript>? faults = null,
        Action<EngineOptions>? configure = null) => HousekeepingWorld.Run(async world =>
    {
        var creating = await world.StartAsync();
        var topic = await creating.CreateAsync("t", 20);
        var script = new FaultScript();
        faults?.Invoke(world, script);
        var calls = new CountingBackend(new FaultyBackend(world.Twin, script, world.Time));
        var options = new EngineOptions { PartitionIdleTimeout = idle ?? s_idle };
        configure?.Invoke(options);
        var ids = 1_000_000L;
        var context = HousekeepingWorld.Context(calls, world) with { Options = options, NextProducerId = _ => ValueTask.FromResult(++ids) };
        await body(world, new PartitionRegistry(context), topic, calls);
    });

    private static async ValueTask<long> AppendAsync(PartitionLog log, string value)
    {
        var appended = await log.AppendAsync(new AppendRequest([LogFixture.Batch(value)]), "test", default);
        Assert.False(appended.IsRefused, appended.Refusal?.ToString());
        return appended.Value.Batches[0].BaseOffset;
    }

    private static async Task<List<string>> ReadAsync(PartitionLog log)
    {
        var values = new List<string>();
        for (var from = 0L; ;)
        {
            var read = await log.FetchAsync(new FetchRequest(FetchFrom.At(from), 1_000_000, TimeSpan.Zero), "test", default);
            Assert.False(read.IsRefused, read.Refusal?.ToString());
            if (read.Value.Batches.Count == 0)
                return values;
            values.AddRange(read.Value.Batches.SelectMany(HousekeepingWorld.ValuesOf));
            from = read.Value.NextOffset;
        }
    }
}

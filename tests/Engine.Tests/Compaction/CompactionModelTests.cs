using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Tests.Compaction;

/// <summary>Random keys, tombstones, codecs and map sizes; after every tick the log holds what it must.</summary>
public class CompactionModelTests
{
    [Theory]
    [InlineData(100, 60)]
    [InlineData(600, 60)]
    [InlineData(32 * 1024 * 1024, 200)]
    public void Log_HoweverItIsWrittenAndCompacted_KeepsTheLastOfEachKey(int mapBytes, int keys)
    {
        for (var seed = 1; seed <= 12; seed++)
        {
            var random = new Random(seed);
            HousekeepingWorld.Run(world => RunAsync(world, random, mapBytes, keys));
        }
    }

    private static async Task RunAsync(HousekeepingWorld world, Random random, int mapBytes, int keys)
    {
        var retention = TimeSpan.FromMinutes(random.Next(0, 30));
        var one = await world.StartAsync(configure: options => options.CompactionMapBytes = mapBytes);
        var two = await world.StartAsync(configure: options => options.CompactionMapBytes = mapBytes * 2);
        var topic = await one.CreateAsync(
            "t",
            ("cleanup.policy", "compact"),
            ("segment.bytes", "16384"),
            ("min.cleanable.dirty.ratio", random.Next(2) == 0 ? "0" : "0.4"),
            ("delete.retention.ms", ((long)retention.TotalMilliseconds).ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("message.timestamp.type", random.Next(3) == 0 ? "LogAppendTime" : "CreateTime"));
        var log = new KeyedLog(world, topic, retention);
        for (var round = 0; round < 8; round++)
        {
            for (var i = random.Next(30); i > 0; i--)
                await log.AppendAsync(random.Next(2) == 0 ? one : two, (CompressionCodec)random.Next(5), [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => Next(random, keys))]);
            for (var ticks = random.Next(4); ticks > 0; ticks--)
            {
                await world.WaitAsync(TimeSpan.FromSeconds(random.Next(20, 400)));
                await (random.Next(2) == 0 ? one : two).TickAsync();
                await log.AssertHoldsAsync(random.Next(2) == 0 ? one : two);
            }
        }

        await world.TickThroughAsync(one, TimeSpan.FromDays(1));
        await log.AssertHoldsAsync(one);
        await log.AssertHoldsAsync(await world.StartAsync());
        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
    }

    private static (string Key, string? Value) Next(Random random, int keys) =>
        ($"key-{random.Next(keys)}", random.Next(5) == 0 ? null : $"{random.Next()}{new string((char)random.Next('a', 'z'), random.Next(1500))}");
}

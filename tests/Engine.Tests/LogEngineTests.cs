using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Log;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Engine.Tests;

public class LogEngineTests
{
    private readonly InMemoryBackend _twin = new(TimeProvider.System);

    private async Task<LogEngine> StartAsync(int seed)
    {
        var engine = new LogEngine(_twin, new EngineOptions(), TimeProvider.System, new SeededEntropy(new SeededRandom((ulong)seed)), NullLogger.Instance);
        await engine.StartAsync(default);
        return engine;
    }

    private static NewTopic New(string name, int partitions = 1) => new(name, partitions, null, new Dictionary<string, string?> { ["linger.ms"] = "0" }, false);

    [Fact]
    public async Task DeleteTopic_WhenAnotherInstanceStillRemembersIt_StopsThatInstanceToo()
    {
        await using var one = await StartAsync(1);
        await using var other = await StartAsync(2);
        var topic = (await one.CreateTopicAsync(New("t", 2), default)).Value;
        var seen = (await other.FindTopicAsync("t", default)).Value;
        Assert.False((await other.AppendAsync(seen, 0, new AppendRequest([LogFixture.Batch("a")]), default)).IsRefused);

        Assert.False((await one.DeleteTopicAsync("t", default)).IsRefused);

        foreach (var partition in (int[])[0, 1])
        {
            var late = await other.AppendAsync(seen, partition, new AppendRequest([LogFixture.Batch("late")]), default);
            Assert.Equal(ErrorCode.UnknownTopicOrPartition, late.Refusal?.Code);
        }

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await one.FindTopicAsync("t", default)).Refusal?.Code);
        Assert.Equal(topic.Id, seen.Id);
    }

    [Fact]
    public async Task CreateTopic_AfterDeletion_IsEmptyOnInstancesThatRememberTheOldOne()
    {
        await using var one = await StartAsync(1);
        await using var other = await StartAsync(2);
        await one.CreateTopicAsync(New("t"), default);
        var seen = (await other.FindTopicAsync("t", default)).Value;
        await other.AppendAsync(seen, 0, new AppendRequest([LogFixture.Batch("old")]), default);
        await one.DeleteTopicAsync("t", default);
        var again = (await one.CreateTopicAsync(New("t"), default)).Value;

        var appended = await other.AppendAsync(seen, 0, new AppendRequest([LogFixture.Batch("new")]), default);

        Assert.NotEqual(seen.Id, again.Id);
        Assert.Equal(0, appended.Value.Batches[0].BaseOffset);
        Assert.Equal(1, (await one.OffsetsAsync(again, 0, default)).Value.LogEnd);
    }

    [Fact]
    public async Task GrowTopic_OnOneInstance_IsUsedAtOnceByAnotherThatRemembersFewerPartitions()
    {
        await using var one = await StartAsync(1);
        await using var other = await StartAsync(2);
        await one.CreateTopicAsync(New("t"), default);
        var seen = (await other.FindTopicAsync("t", default)).Value;
        await one.GrowTopicAsync("t", 3, default);

        var appended = await other.AppendAsync(seen, 2, new AppendRequest([LogFixture.Batch("a")]), default);

        Assert.Equal(0, appended.Value.Batches[0].BaseOffset);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await other.AppendAsync(seen, 3, new AppendRequest([LogFixture.Batch("a")]), default)).Refusal?.Code);
    }
}

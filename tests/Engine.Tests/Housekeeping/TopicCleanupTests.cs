using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Housekeeping;

public class TopicCleanupTests
{
    private static readonly (string, string) Small = ("segment.bytes", "16384");

    [Fact]
    public void Tick_AfterATopicWasDeleted_FreesItsBlobsAndRowsAndLeavesItsHeads() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync(configure: options => options.CheckpointBlocks = 3);
        var topic = await one.CreateAsync("t", 4, Small);
        await one.AppendLargeAsync(topic, 13);
        await one.AppendLargeAsync(topic, 2, partition: 2);
        await one.Engine.DeleteTopicAsync("t", default);
        Assert.NotEmpty(await world.BlobsAsync(topic.Id));

        Assert.Equal(1, (await one.TickAsync()).TopicsFreed);

        await AssertFreedAsync(world, topic);
        Assert.Equal(0, (await one.TickAsync()).TopicsFreed);
    });

    [Fact]
    public void Tick_AfterATopicWasDeletedAndCreatedAgain_LeavesTheNewOneAlone() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var old = await one.CreateAsync("t", Small);
        await one.AppendLargeAsync(old, 13);
        await one.Engine.DeleteTopicAsync("t", default);
        var again = await one.CreateAsync("t", Small, ("retention.ms", "-1"));
        await one.AppendLargeAsync(again, 7);

        await world.TickThroughAsync(one, TimeSpan.FromDays(10));

        await AssertFreedAsync(world, old);
        Assert.Equal(7, (await one.ReadAllAsync(again)).Count);
        Assert.Equal(7, (await (await world.StartAsync()).ReadAllAsync(again)).Count);
        Assert.Single((await world.DueAsync()).Select(row => row.Partition).Distinct());
    });

    /// <summary>Found by the simulation (seed 1924): a checkpoint's row that lands late, when the rows have been freed, stayed for ever.</summary>
    [Fact]
    public void Tick_ADayAfterATopicWasFreed_FreesTheRowOfACheckpointThatCameLate() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", 3, Small);
        await one.AppendLargeAsync(topic, 2, partition: 1);
        await one.Engine.DeleteTopicAsync("t", default);
        await one.TickAsync();
        var late = new RowBatch(StorageLayout.PartitionKey(topic.At(1)))
            .Insert(StorageLayout.CheckpointRowKey, new CheckpointRow(new SegmentId(Guid.NewGuid()), 0, "gone").Encode());
        Assert.True((await world.Twin.CommitRowsAsync(StorageLayout.PartitionsTable, late, default)).IsDone);

        await world.TickThroughAsync(one, TimeSpan.FromDays(2));

        Assert.Single(await world.RowsAsync(StorageLayout.PartitionsTable, StorageLayout.PartitionKey(topic.At(1))));
    });

    /// <summary>A call that saw no head sleeps while the topic is deleted and freed, and wakes up to make the first segment.</summary>
    [Theory]
    [InlineData(StorageVerb.CreateAppendBlob)]
    [InlineData(StorageVerb.CommitRows)]
    public void Tick_WhileTheFirstAppenderSleeps_LeavesItNothingToBringBack(StorageVerb asleepBefore) => HousekeepingWorld.Run(async world =>
    {
        var keeper = await world.StartAsync();
        var faults = new FaultScript();
        var sleeper = await world.StartAsync(faults, configure: options => options.AppendTimeout = TimeSpan.FromHours(5));
        var topic = await keeper.CreateAsync("t");
        var known = (await sleeper.Engine.FindTopicAsync("t", default)).Value;
        faults.On(
            call => call.Verb == asleepBefore && call.Target != StorageLayout.DueTable && call.Target != StorageLayout.ClusterTable,
            Fault.Before(async () =>
            {
                await keeper.Engine.DeleteTopicAsync("t", default);
                await world.TickForAsync(keeper, TimeSpan.FromHours(1));
            }));

        var appended = await sleeper.Engine.AppendAsync(known, 0, new AppendRequest([HousekeepingWorld.Batch(0, "late")]), default);

        Assert.True(faults.IsSpent);
        Assert.Equal(Protocol.Errors.ErrorCode.UnknownTopicOrPartition, appended.Refusal?.Code);
        Assert.Equal(PartitionState.Deleting, (await world.HeadAsync(topic.At(0))).State);
        await world.TickThroughAsync(keeper, TimeSpan.FromDays(2));
        await AssertFreedAsync(world, topic);
        await world.TickThroughAsync(keeper, TimeSpan.FromDays(6));
        Assert.Empty(await world.DueAsync());
    });

    [Fact]
    public void Tick_WhenAHeadDoesNotSayThatItIsDeleted_FreesNothingOfThatPartition() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", 2);
        await one.AppendAsync(topic, "a");
        await one.AppendAsync(topic, "b", partition: 1);
        await one.Engine.DeleteTopicAsync("t", default);
        // As if the deletion had been written down without its fence, by a fault of ours.
        var address = new RowAddress(StorageLayout.PartitionKey(topic.At(0)), StorageLayout.HeadRowKey);
        var open = (await world.HeadAsync(topic.At(0))) with { State = PartitionState.Open };
        await world.Twin.CommitRowsAsync(StorageLayout.PartitionsTable, new RowBatch(address.PartitionKey).Replace(address.RowKey, open.Encode(), null), default);

        await world.TickThroughAsync(one, TimeSpan.FromDays(10));

        Assert.All(await world.BlobsAsync(topic.Id), blob => Assert.StartsWith(StorageLayout.BlobPrefix(topic.At(0)), blob, StringComparison.Ordinal));
        Assert.NotEmpty(await world.BlobsAsync(topic.Id));
    });

    [Fact]
    public void Tick_OfATopicWithMoreThanOneTickFrees_GoesOnInTheNext() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t");
        await one.AppendAsync(topic, "a");
        for (var i = 0; i < 600; i++)
            await world.Twin.PutBlobAsync(StorageLayout.LogBlob(topic.At(0), i, new SegmentId(Guid.Empty)), new byte[1], default);
        await one.Engine.DeleteTopicAsync("t", default);
        var slow = await world.StartAsync(configure: options => options.HousekeepingTickLimit = TimeSpan.Zero);

        Assert.Equal(0, (await slow.TickAsync()).TopicsFreed);
        Assert.Equal(601 - 256, (await world.BlobsAsync(topic.Id)).Count);
        await world.TickForAsync(slow, TimeSpan.FromMinutes(3));

        await AssertFreedAsync(world, topic);
    });

    private static async Task AssertFreedAsync(HousekeepingWorld world, Topic topic)
    {
        Assert.Empty(await world.BlobsAsync(topic.Id));
        for (var partition = 0; partition < topic.Partitions; partition++)
            Assert.Equal([StorageLayout.HeadRowKey], (await world.RowsAsync(StorageLayout.PartitionsTable, StorageLayout.PartitionKey(topic.At(partition)))).Select(row => row.Address.RowKey));
        Assert.DoesNotContain(
            await world.RowsAsync(StorageLayout.TopicsTable, StorageLayout.TopicsPartitionKey), row => row.Address.RowKey == StorageLayout.DeletedTopicRowKey(topic.Id));
    }
}

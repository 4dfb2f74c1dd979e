using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Compaction;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Housekeeping;

public class RetentionTests
{
    private static readonly (string, string) Small = ("segment.bytes", "16384");

    [Fact]
    public void Tick_WhenASegmentIsOldAndNobodyAppends_RollsItAndItsRecordsStay() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", ("segment.ms", "3600000"), ("retention.ms", "-1"));
        await one.AppendAsync(topic, "a");
        await world.TickForAsync(one, TimeSpan.FromMinutes(59));
        Assert.Empty(await world.SegmentsAsync(topic.At(0)));

        await world.TickForAsync(one, TimeSpan.FromMinutes(2));

        var rolled = Assert.Single(await world.SegmentsAsync(topic.At(0)));
        Assert.Equal(1, rolled.EndOffset);
        Assert.Equal([(0, "a")], await one.ReadAllAsync(topic));
        Assert.Equal(1, await one.AppendAsync(topic, "b"));
    });

    [Fact]
    public void Tick_WhenAnEmptySegmentIsOld_LeavesIt() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", ("segment.ms", "3600000"), ("retention.ms", "3600000"));
        await one.AppendAsync(topic, "a");
        await world.TickThroughAsync(one, TimeSpan.FromDays(1));
        var head = await world.HeadAsync(topic.At(0));
        Assert.Equal(1, head.LogStartOffset);

        await world.TickThroughAsync(one, TimeSpan.FromDays(3));

        Assert.Equal(head.Active, (await world.HeadAsync(topic.At(0))).Active);
    });

    [Fact]
    public void Tick_WhenTheNewestRecordIsPastItsRetention_FreesItEvenFromTheActiveSegment() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", ("retention.ms", "600000"));
        await one.AppendAsync(topic, "a");
        await world.TickForAsync(one, TimeSpan.FromMinutes(5));
        await one.AppendAsync(topic, "b");
        await world.TickForAsync(one, TimeSpan.FromMinutes(9));
        Assert.Equal(0, (await world.HeadAsync(topic.At(0))).LogStartOffset);

        await world.TickForAsync(one, TimeSpan.FromMinutes(3));

        var ends = await one.OffsetsAsync(topic);
        Assert.Equal(new PartitionOffsets(2, 2, 2), ends);
        Assert.Empty(await world.SegmentsAsync(topic.At(0)));
        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
        Assert.Equal(2, await one.AppendAsync(topic, "c"));
    });

    [Fact]
    public void Tick_WhenOnlyOldSegmentsArePastTheirRetention_KeepsTheOthersReadable() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, ("retention.ms", "7200000"));
        await one.AppendLargeAsync(topic, 13);
        await world.TickForAsync(one, TimeSpan.FromMinutes(90));
        await one.AppendLargeAsync(topic, 13);
        var before = await one.ReadAllAsync(topic);

        await world.TickForAsync(one, TimeSpan.FromMinutes(40));

        var ends = await one.OffsetsAsync(topic);
        Assert.InRange(ends.LogStart, 5, 13);
        Assert.Equal(before.Where(record => record.Offset >= ends.LogStart), await one.ReadAllAsync(topic));
        Assert.Equal(ends.LogStart, (await world.SegmentsAsync(topic.At(0)))[0].BaseOffset);
        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
    });

    [Fact]
    public void Tick_WhenThereIsTooMuch_RemovesTheOldestButKeepsAtLeastWhatIsAllowed() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, ("retention.bytes", "40000"), ("retention.ms", "-1"));
        await one.AppendLargeAsync(topic, 50);

        await world.TickForAsync(one, TimeSpan.FromMinutes(2));

        var kept = await world.SegmentsAsync(topic.At(0));
        var bytes = kept.Sum(segment => segment.Bytes);
        Assert.InRange(bytes, 40_000, 40_000 + kept[0].Bytes - 1);
        Assert.Equal(kept[0].BaseOffset, (await one.OffsetsAsync(topic)).LogStart);
    });

    [Fact]
    public void Tick_WithMoreSegmentsThanOneTransactionTakes_RemovesAllOfThem() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, ("retention.bytes", "0"), ("retention.ms", "-1"));
        await one.AppendLargeAsync(topic, 5 * 110);
        Assert.InRange((await world.SegmentsAsync(topic.At(0))).Count, 100, 120);

        await world.TickForAsync(one, TimeSpan.FromMinutes(2));

        Assert.Empty(await world.SegmentsAsync(topic.At(0)));
        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
    });

    /// <summary>The head was read, and before the producer state that it names is, the partition rolls and all of it is removed.</summary>
    [Fact]
    public void Opening_WhenRetentionIsFasterThanIt_ReadsTheHeadAgain() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small);
        for (var sequence = 0; sequence < 7; sequence++)
        {
            var batch = HousekeepingWorld.Batch(world.Now.ToUnixTimeMilliseconds(), HousekeepingInstance.Large(sequence));
            RecordBatchPatch.SetIdentity(batch.Span, new BatchIdentity(new ProducerIdentity(77, 0), sequence));
            RecordBatchPatch.SealCrc(batch.Span);
            Assert.False((await one.Engine.AppendAsync(topic, 0, new AppendRequest([batch]), default)).IsRefused);
        }

        var faults = new FaultScript().On(
            call => call.Verb == StorageVerb.ReadRange && call.Target.EndsWith(".producers", StringComparison.Ordinal),
            Fault.Before(async () =>
            {
                await one.AppendLargeAsync(topic, 10);
                Assert.False((await one.Engine.DeleteRecordsAsync(topic, 0, -1, default)).IsRefused);
                await world.TickForAsync(one, TimeSpan.FromMinutes(2));
            }));
        var slow = await world.StartAsync(faults);

        await slow.Engine.AppendAsync(topic, 0, new AppendRequest([HousekeepingWorld.Batch(0, "late")]), default);

        Assert.True(faults.IsSpent);
        Assert.Empty(slow.Engine.StoppedPartitions);
        Assert.False((await slow.FetchAsync(topic, FetchFrom.Earliest)).IsRefused);
    });

    [Fact]
    public void Tick_OfACompactedTopic_RemovesNothing() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, ("cleanup.policy", "compact"), ("retention.ms", "1000"), ("retention.bytes", "0"));
        var log = new KeyedLog(world, topic, TimeSpan.MaxValue / 2);
        for (var i = 0; i < 20; i++)
            await log.AppendAsync(one, CompressionCodec.None, ($"{i}", HousekeepingInstance.Large(i)));

        await world.TickThroughAsync(one, TimeSpan.FromDays(2));

        Assert.Equal(20, (await one.ReadAllAsync(topic)).Count);
    });

    [Theory]
    [InlineData(365)]
    [InlineData(-365)]
    public void Tick_OnAnInstanceWhoseClockIsAYearOff_KeepsAndRemovesAsTheServicesClockSays(int days) => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var wrong = await world.StartAsync(skew: TimeSpan.FromDays(days));
        var topic = await one.CreateAsync("t", Small, ("retention.ms", "86400000"));
        await one.AppendLargeAsync(topic, 13);

        await world.TickThroughAsync(wrong, TimeSpan.FromHours(20));
        Assert.Equal(0, (await world.HeadAsync(topic.At(0))).LogStartOffset);
        await world.TickThroughAsync(wrong, TimeSpan.FromHours(8));

        Assert.NotEqual(0, (await world.HeadAsync(topic.At(0))).LogStartOffset);
    });

    [Fact]
    public void Fetch_WhileRetentionRemovesWhatIsRead_IsRefusedWithTheValidRangeOrGivesWhatStood() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, ("retention.ms", "3600000"));
        await one.AppendLargeAsync(topic, 23);
        // A reader that has nothing in memory, and whose view is older than the removal.
        var faults = new FaultScript();
        var reader = await world.StartAsync(faults);
        await reader.FetchAsync(topic, FetchFrom.At(22));
        faults.On(
            call => call.Verb == StorageVerb.ReadRange && call.Target.EndsWith(".log", StringComparison.Ordinal),
            Fault.Before(async () => await world.TickThroughAsync(one, TimeSpan.FromHours(3))));

        var fetched = await reader.FetchAsync(topic, FetchFrom.At(2));

        Assert.Equal(ErrorCode.OffsetOutOfRange, fetched.Refusal?.Code);
        Assert.Contains($"{(await one.OffsetsAsync(topic)).LogStart} to 23", fetched.Refusal!.Message, StringComparison.Ordinal);
        Assert.True(faults.IsSpent);
    });

    [Fact]
    public void Append_WhileRetentionChangesTheHead_GoesOn() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, ("retention.ms", "60000"));
        for (var i = 0; i < 200; i++)
        {
            var appending = one.AppendAsync(topic, HousekeepingInstance.Large(i));
            await one.TickAsync();
            Assert.Equal(i, await appending);
            await world.WaitAsync(TimeSpan.FromSeconds(5));
        }

        var ends = await one.OffsetsAsync(topic);
        Assert.InRange(ends.LogStart, 150, 195);
        Assert.Equal(Enumerable.Range((int)ends.LogStart, (int)(200 - ends.LogStart)).Select(i => ((long)i, HousekeepingInstance.Large(i))), await one.ReadAllAsync(topic));
    });

    [Fact]
    public void Tick_AfterARoll_RewritesTheSegmentAndDropsWhatItWasAnHourLater() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, ("retention.ms", "-1"));
        await one.AppendLargeAsync(topic, 13);
        var before = await one.ReadAllAsync(topic);
        var plain = await world.SegmentsAsync(topic.At(0));
        Assert.All(plain, segment => Assert.False(segment.IsRewritten));

        await world.TickForAsync(one, TimeSpan.FromMinutes(2));

        var rewritten = await world.SegmentsAsync(topic.At(0));
        Assert.All(rewritten, segment => Assert.True(segment.IsRewritten));
        Assert.Equal(plain.Select(segment => segment.Blob), rewritten.Select(segment => segment.DeadBlob));
        await world.TickForAsync(one, TimeSpan.FromMinutes(57));
        Assert.Empty(plain.Select(segment => segment.Blob).Except(await world.BlobsAsync(topic.Id)));

        await world.TickForAsync(one, TimeSpan.FromMinutes(4));

        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
        Assert.All(await world.SegmentsAsync(topic.At(0)), segment => Assert.Null(segment.DeadBlob));
        Assert.Equal(before, await one.ReadAllAsync(topic));
        Assert.Equal(before, await (await world.StartAsync()).ReadAllAsync(topic));
    });

    /// <summary>The rewrite has its object and is about to put it into the chain when retention takes the segment, or before.</summary>
    [Theory]
    [InlineData(StorageVerb.StageBlock)]
    [InlineData(StorageVerb.CommitBlocks)]
    [InlineData(StorageVerb.CommitRows)]
    public void Rewrite_WhenRetentionIsFaster_LosesAndLeavesNothing(StorageVerb asleepBefore) => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync(decorate: inner => new LyingLeaseBackend(inner));
        var topic = await one.CreateAsync("t", Small, ("retention.ms", "3600000"));
        await one.AppendLargeAsync(topic, 13);
        var faults = new FaultScript();
        var slow = await world.StartAsync(faults, decorate: inner => new LyingLeaseBackend(inner));
        faults.On(
            call => call.Verb == asleepBefore && (asleepBefore != StorageVerb.CommitRows || call.Target == StorageLayout.PartitionsTable),
            Fault.Before(async () => await world.TickThroughAsync(one, TimeSpan.FromHours(4))));
        await world.WaitAsync(TimeSpan.FromSeconds(40));

        await slow.TickAsync();

        Assert.True(faults.IsSpent);
        Assert.Equal(new PartitionOffsets(13, 13, 13), await one.OffsetsAsync(topic));
        Assert.Empty(await world.SegmentsAsync(topic.At(0)));
        await world.TickThroughAsync(one, TimeSpan.FromDays(8));
        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
        Assert.Equal(13, await one.AppendAsync(topic, "next"));
    });

    [Fact]
    public void Rewrite_OfADamagedSegment_KeepsNothingElseFromBeingDone() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, ("retention.ms", "-1"));
        await one.AppendLargeAsync(topic, 13);
        var segments = await world.SegmentsAsync(topic.At(0));
        var damaged = segments[0].Blob;
        var found = (await world.Twin.GetBlobAsync(damaged, default)).Value;
        var bytes = (await world.Twin.ReadRangeAsync(damaged, 0, (int)found.Length, default)).Value.Content.ToArray();
        bytes[500] ^= 1;
        await world.Twin.DeleteBlobAsync(damaged, found.ETag, default);
        await world.Twin.PutBlobAsync(damaged, bytes, default);
        await world.WaitAsync(TimeSpan.FromSeconds(40));

        var ticked = await one.TickAsync();

        Assert.Equal((1, 0), (ticked.Done, ticked.Failed));
        Assert.Equal([false, true], (await world.SegmentsAsync(topic.At(0))).Take(2).Select(segment => segment.IsRewritten));
    });
}

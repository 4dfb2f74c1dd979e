using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Housekeeping;

public class RecordDeletionTests
{
    private static readonly (string, string) Small = ("segment.bytes", "16384");

    [Fact]
    public void DeleteRecords_BeforeAnOffsetWithinASegment_HidesThemAtOnceAndFreesWholeSegmentsLater() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, ("retention.ms", "-1"));
        await one.AppendLargeAsync(topic, 23);
        var segments = await world.SegmentsAsync(topic.At(0));
        var within = segments[1].BaseOffset + 2;

        var start = await one.Engine.DeleteRecordsAsync(topic, 0, within, default);

        Assert.Equal(within, start.Value);
        Assert.Equal(ErrorCode.OffsetOutOfRange, (await one.FetchAsync(topic, FetchFrom.At(within - 1))).Refusal?.Code);
        Assert.Equal(Enumerable.Range((int)within, 23 - (int)within).Select(i => ((long)i, HousekeepingInstance.Large(i))), await one.ReadAllAsync(topic));
        Assert.Equal(segments.Count, (await world.SegmentsAsync(topic.At(0))).Count);

        await world.TickForAsync(one, TimeSpan.FromMinutes(2));

        Assert.Equal(segments[1].BaseOffset, (await world.SegmentsAsync(topic.At(0)))[0].BaseOffset);
        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
        Assert.Equal(Enumerable.Range((int)within, 23 - (int)within).Select(i => ((long)i, HousekeepingInstance.Large(i))), await (await world.StartAsync()).ReadAllAsync(topic));
    });

    [Fact]
    public void DeleteRecords_OfAllThatStands_LeavesTheActiveSegmentAndGoesOnAtItsEnd() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small);
        await one.AppendLargeAsync(topic, 8);

        Assert.Equal(8, (await one.Engine.DeleteRecordsAsync(topic, 0, -1, default)).Value);

        Assert.Equal(new PartitionOffsets(8, 8, 8), await one.OffsetsAsync(topic));
        Assert.Equal(8, await one.AppendAsync(topic, "next"));
        await one.AppendLargeAsync(topic, 10);
        await world.TickForAsync(one, TimeSpan.FromMinutes(2));
        Assert.Equal((8, "next"), (await one.ReadAllAsync(topic))[0]);
        Assert.Equal(11, (await (await world.StartAsync()).ReadAllAsync(topic)).Count);
    });

    /// <summary>Whoever reads on this instance is refused, also on the partition as it was opened anew meanwhile. Found by the simulation (seed 1218).</summary>
    [Fact]
    public void DeleteRecords_WhenThePartitionIsForgottenAndOpenedAnewMeanwhile_HidesThemThereToo() => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var one = await world.StartAsync(faults);
        var topic = await one.CreateAsync("t", Small);
        var other = await one.CreateAsync("u", Small);
        await one.AppendLargeAsync(topic, 8);
        faults.On(
            call => call.Verb == StorageVerb.CommitRows && call.Target == StorageLayout.PartitionsTable,
            Fault.Before(async () =>
            {
                await world.WaitAsync(new EngineOptions().PartitionIdleTimeout + TimeSpan.FromMinutes(1));
                await one.OffsetsAsync(other);
                Assert.Null((await one.FetchAsync(topic, FetchFrom.At(0))).Refusal);
            }));

        Assert.Equal(3, (await one.Engine.DeleteRecordsAsync(topic, 0, 3, default)).Value);

        Assert.True(faults.IsSpent);
        Assert.Equal(ErrorCode.OffsetOutOfRange, (await one.FetchAsync(topic, FetchFrom.At(2))).Refusal?.Code);
    });

    /// <summary>Nobody asked for that very offset: who reads from a time, or from the earliest, gets what comes first now. Found by the simulation (seed 49).</summary>
    [Fact]
    public void DeleteRecords_BetweenATimeLookupAndItsRead_LetsTheReadBeginBehindThem() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small);
        await one.AppendLargeAsync(topic, 8);
        var faults = new FaultScript();
        var reader = await world.StartAsync(faults);
        await reader.OffsetsAsync(topic);
        faults.On(
            call => call.Verb == StorageVerb.ReadRange && call.Target.Contains($"{0:D20}-", StringComparison.Ordinal),
            Fault.After(async () =>
            {
                await one.Engine.DeleteRecordsAsync(topic, 0, 3, default);
                await reader.OffsetsAsync(topic);
            }));

        var read = await reader.FetchAsync(topic, FetchFrom.AtTimestamp(0));

        Assert.True(faults.IsSpent);
        Assert.Null(read.Refusal);
        Assert.Equal(3, read.Value.FetchOffset);
    });

    /// <summary>Found by the simulation (seed 1107): the instance that had answered went on giving what it had deleted, because it could not read the head again.</summary>
    [Fact]
    public void DeleteRecords_WhenTheHeadCannotBeReadAfterwards_HidesThemOnThisInstanceAllTheSame() => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var one = await world.StartAsync(faults);
        var topic = await one.CreateAsync("t");
        for (var i = 0; i < 4; i++)
            await one.AppendAsync(topic, $"{i}");
        Assert.Equal(4, (await one.ReadAllAsync(topic)).Count);
        faults.On(
            call => call.Verb == StorageVerb.CommitRows && call.Key.EndsWith(StorageLayout.HeadRowKey, StringComparison.Ordinal),
            Fault.After(() => Task.FromResult(faults.On(StorageVerb.ReadRow, Fault.Throttled, times: 1000))));

        Assert.Equal(2, (await one.Engine.DeleteRecordsAsync(topic, 0, 2, default)).Value);

        Assert.Equal(ErrorCode.KafkaStorageError, (await one.FetchAsync(topic, FetchFrom.At(1))).Refusal?.Code);
        Assert.Equal(2, (await one.FetchAsync(topic, FetchFrom.At(2))).Value.Batches.Count);
    });

    [Fact]
    public void DeleteRecords_OnAnotherInstance_IsSeenByReadersOnceTheirViewIsOld() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var other = await world.StartAsync();
        var topic = await one.CreateAsync("t");
        await one.AppendAsync(topic, "a");
        await one.AppendAsync(topic, "b");
        Assert.Equal(2, (await other.ReadAllAsync(topic)).Count);

        await one.Engine.DeleteRecordsAsync(topic, 0, 1, default);
        await world.WaitAsync(TimeSpan.FromSeconds(5));

        var refused = await other.FetchAsync(topic, FetchFrom.At(0));
        Assert.Equal(ErrorCode.OffsetOutOfRange, refused.Refusal?.Code);
        Assert.Contains("1 to 2", refused.Refusal!.Message, StringComparison.Ordinal);
        Assert.Equal([(1, "b")], await other.ReadAllAsync(topic));
    });

    [Fact]
    public void Fetch_WhenTheHeadCannotBeRead_StillGivesWhatStood() => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var one = await world.StartAsync(faults);
        var topic = await one.CreateAsync("t");
        await one.AppendAsync(topic, "a");
        await world.WaitAsync(TimeSpan.FromSeconds(6));
        faults.On(StorageVerb.ReadRow, Fault.Throttled, times: 100);

        Assert.Single((await one.FetchAsync(topic, FetchFrom.At(0))).Value.Batches);
    });

    [Theory]
    [InlineData(3)]
    [InlineData(-2)]
    [InlineData(long.MaxValue)]
    public void DeleteRecords_BeyondTheEnd_IsRefusedAndChangesNothing(long before) => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t");
        await one.AppendAsync(topic, "a");
        await one.AppendAsync(topic, "b");

        Assert.Equal(ErrorCode.OffsetOutOfRange, (await one.Engine.DeleteRecordsAsync(topic, 0, before, default)).Refusal?.Code);

        Assert.Equal(2, (await one.ReadAllAsync(topic)).Count);
    });

    [Fact]
    public void DeleteRecords_BelowTheLogStart_ChangesNothing() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t");
        await one.AppendAsync(topic, "a");
        await one.AppendAsync(topic, "b");
        await one.Engine.DeleteRecordsAsync(topic, 0, 1, default);
        var before = one.Calls.Snapshot();

        Assert.Equal(1, (await one.Engine.DeleteRecordsAsync(topic, 0, 0, default)).Value);
        Assert.Equal(1, (await one.Engine.DeleteRecordsAsync(topic, 0, 1, default)).Value);

        Assert.Equal(0, one.Calls.Since(before)[StorageVerb.CommitRows]);
    });

    [Fact]
    public void DeleteRecords_OfANeverWrittenPartition_ChangesNothing() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t");

        Assert.Equal(0, (await one.Engine.DeleteRecordsAsync(topic, 0, -1, default)).Value);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, (await one.Engine.DeleteRecordsAsync(topic, 1, -1, default)).Refusal?.Code);
    });

    [Fact]
    public void DeleteRecords_AtTheSameTimeAsARoll_LosesNeither() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small);
        await one.AppendLargeAsync(topic, 5);
        var faults = new FaultScript();
        var other = await world.StartAsync(faults);
        faults.On(
            call => call.Verb == StorageVerb.CommitRows && call.Target == StorageLayout.PartitionsTable,
            Fault.Before(async () => await one.AppendLargeAsync(topic, 5)));

        Assert.Equal(3, (await other.Engine.DeleteRecordsAsync(topic, 0, 3, default)).Value);

        Assert.True(faults.IsSpent);
        Assert.Equal(new PartitionOffsets(3, 10, 10), await one.OffsetsAsync(topic));
        Assert.Equal(7, (await one.ReadAllAsync(topic)).Count);
        Assert.NotEmpty(await world.SegmentsAsync(topic.At(0)));
    });

    [Fact]
    public void DeleteRecords_WhenAReplyIsLost_IsDone() => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var one = await world.StartAsync(faults);
        var topic = await one.CreateAsync("t");
        await one.AppendAsync(topic, "a");
        await one.AppendAsync(topic, "b");
        faults.On(call => call.Verb == StorageVerb.CommitRows && call.Target == StorageLayout.PartitionsTable, Fault.LostReply);
        faults.On(call => call.Verb == StorageVerb.CommitRows && call.Target == StorageLayout.DueTable, Fault.LostReply);

        Assert.Equal(1, (await one.Engine.DeleteRecordsAsync(topic, 0, 1, default)).Value);

        Assert.True(faults.IsSpent);
        Assert.Equal([(1, "b")], await one.ReadAllAsync(topic));
    });

    [Fact]
    public void DeleteRecords_WhenStorageNeverAnswers_IsReportedAsUnknown() => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var one = await world.StartAsync(faults);
        var topic = await one.CreateAsync("t");
        await one.AppendAsync(topic, "a");
        faults.On(call => call.Verb == StorageVerb.CommitRows && call.Target == StorageLayout.PartitionsTable, Fault.LostRequest, times: 50);

        Assert.Equal(ErrorCode.RequestTimedOut, (await one.Engine.DeleteRecordsAsync(topic, 0, 1, default)).Refusal?.Code);
    });
}

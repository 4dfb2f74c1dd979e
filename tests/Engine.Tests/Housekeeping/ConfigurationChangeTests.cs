using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Housekeeping;

/// <summary>Topics whose configuration is changed after they have records: appends and the housekeeping go by the new one.</summary>
public class ConfigurationChangeTests
{
    [Fact]
    public void Tick_AfterTheRetentionWasShortened_FreesWhatIsOldNow() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", 2, ("retention.ms", "86400000"));
        await one.AppendAsync(topic, "a", 0);
        await one.AppendAsync(topic, "b", 1);
        await world.TickForAsync(one, TimeSpan.FromHours(2));

        await ConfigureAsync(one, ("retention.ms", "3600000"));
        await world.TickForAsync(one, TimeSpan.FromMinutes(2));

        Assert.Equal(new PartitionOffsets(1, 1, 1), await one.OffsetsAsync(topic, 0));
        Assert.Equal(new PartitionOffsets(1, 1, 1), await one.OffsetsAsync(topic, 1));
    });

    [Fact]
    public void Tick_AfterTheSizeWasBounded_FreesTheOldest() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", ("segment.bytes", "16384"));
        await one.AppendLargeAsync(topic, 30);
        await world.TickForAsync(one, TimeSpan.FromMinutes(2));
        Assert.Equal(0, (await world.HeadAsync(topic.At(0))).LogStartOffset);

        await ConfigureAsync(one, ("retention.bytes", "20000"));
        await world.TickForAsync(one, TimeSpan.FromMinutes(2));

        Assert.True((await world.HeadAsync(topic.At(0))).LogStartOffset >= 15);
    });

    [Fact]
    public void Append_OnEachInstance_GoesByTheChangeAtOnceOrWithinTheAgeOfMetadata() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var two = await world.StartAsync();
        var topic = await one.CreateAsync("t");
        await two.AppendAsync((await two.Engine.FindTopicAsync("t", default)).Value, new string('x', 1000));

        await ConfigureAsync(one, ("max.message.bytes", "200"));

        Assert.Equal(ErrorCode.MessageTooLarge, await TryAppendAsync(one));
        Assert.Equal(ErrorCode.None, await TryAppendAsync(two));
        await world.WaitAsync(new EngineOptions().MetadataMaxAge + TimeSpan.FromSeconds(1));
        Assert.Equal(ErrorCode.MessageTooLarge, await TryAppendAsync(two));

        async Task<ErrorCode> TryAppendAsync(HousekeepingInstance instance)
        {
            var found = (await instance.Engine.FindTopicAsync("t", default)).Value;
            var batch = HousekeepingWorld.Batch(world.Now.ToUnixTimeMilliseconds(), new string('x', 1000));
            return (await instance.Engine.AppendAsync(found, 0, new AppendRequest([batch]), default)).Refusal?.Code ?? ErrorCode.None;
        }
    });

    [Theory]
    [InlineData(nameof(Fault.LostRequest))]
    [InlineData(nameof(Fault.LostReply))]
    [InlineData(nameof(Fault.Throttled))]
    public void Configure_WhenOneWriteToTheDueTableFails_StillAnnouncesEveryPartition(string name) => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var one = await world.StartAsync(faults);
        await one.CreateAsync("t", 120);
        var fault = name == nameof(Fault.LostRequest) ? Fault.LostRequest : name == nameof(Fault.LostReply) ? Fault.LostReply : Fault.Throttled;
        faults.On(StorageVerb.CommitRows, fault);

        await ConfigureAsync(one, ("retention.ms", "3600000"));

        Assert.True(faults.IsSpent);
        var due = await world.DueAsync();
        Assert.Equal(Enumerable.Range(0, 120), due.Where(row => DueWork.IsAtOnce(row.DueAt)).Select(row => row.Partition.Partition).Order());
    });

    [Fact]
    public void Configure_WhenARowStandsAlready_AnnouncesAgain_SoThatWhoeverReadTheOldOneCannotDeleteIt() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 3);
        await ConfigureAsync(one, ("retention.ms", "3600000"));
        var before = await world.RowsAsync(StorageLayout.DueTable, StorageLayout.DuePartitionKey);

        await ConfigureAsync(one, ("retention.ms", "7200000"));

        var after = await world.RowsAsync(StorageLayout.DueTable, StorageLayout.DuePartitionKey);
        Assert.Equal(before.Select(row => row.Address), after.Select(row => row.Address));
        Assert.Empty(before.Select(row => row.ETag).Intersect(after.Select(row => row.ETag)));
    });

    [Fact]
    public void Configure_OfATopicWithAThousandPartitions_CostsOneOperationForEachHundred() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        await one.CreateAsync("t", 1000);
        var before = one.Calls.Snapshot();

        await ConfigureAsync(one, ("retention.ms", "3600000"));

        Assert.Equal("ReadRow=1 CommitRows=11", one.Calls.Since(before).ToString());
    });

    [Fact]
    public void Tick_AfterTheRetentionOfAllTopicsWasShortened_FreesWhatIsOldNowInThoseThatInheritIt() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var two = await world.StartAsync();
        var inherits = await one.CreateAsync("inherits", 120);
        var own = await one.CreateAsync("own", ("retention.ms", "86400000"));
        await one.AppendAsync(inherits, "a", 119);
        await one.AppendAsync(own, "a");
        await world.TickForAsync(two, TimeSpan.FromHours(2));
        var before = one.Calls.Snapshot();

        await ConfigureDefaultsAsync(one, ("retention.ms", "3600000"));

        // The row, the topics (their rows, and the defaults), the rows of due work of 120 partitions, and the row again.
        Assert.Equal("ReadRow=2 QueryRows=1 CommitRows=3", one.Calls.Since(before).ToString());
        Assert.Equal(Enumerable.Range(0, 120), (await world.DueAsync()).Where(row => DueWork.IsAtOnce(row.DueAt)).Select(row => row.Partition.Partition).Order());
        await world.TickForAsync(two, TimeSpan.FromMinutes(2));
        Assert.Equal(new PartitionOffsets(1, 1, 1), await one.OffsetsAsync(inherits, 119));
        Assert.Equal(new PartitionOffsets(0, 1, 1), await one.OffsetsAsync(own));
    });

    [Fact]
    public void ConfigureDefaults_WhenTheWriteOfTheRowIsNeverAnswered_HasAnnouncedAllTheSame() => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var one = await world.StartAsync(faults);
        var topic = await one.CreateAsync("t");
        await one.AppendAsync(topic, "a");
        await world.TickForAsync(one, TimeSpan.FromHours(2));
        // After the row of due work comes the row of defaults, whose write happens although the instance is never told.
        faults.On(StorageVerb.CommitRows, Fault.After(() => new TaskCompletionSource().Task), occurrence: 2);

        _ = one.Engine.ConfigureDefaultsAsync(new Dictionary<string, string?> { ["retention.ms"] = "3600000" }, false, default).AsTask();
        var two = await world.StartAsync();
        await world.TickForAsync(two, TimeSpan.FromMinutes(2));

        Assert.Equal(new PartitionOffsets(1, 1, 1), await two.OffsetsAsync(topic));
    });

    private static async Task ConfigureDefaultsAsync(HousekeepingInstance instance, params (string Name, string? Value)[] changes)
    {
        var changed = await instance.Engine.ConfigureDefaultsAsync(changes.ToDictionary(change => change.Name, change => change.Value), false, default);
        Assert.False(changed.IsRefused, changed.Refusal?.ToString());
    }

    private static async Task ConfigureAsync(HousekeepingInstance instance, params (string Name, string? Value)[] changes)
    {
        var changed = await instance.Engine.ConfigureTopicAsync("t", changes.ToDictionary(change => change.Name, change => change.Value), false, default);
        Assert.False(changed.IsRefused, changed.Refusal?.ToString());
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Housekeeping;

public class OrphanTests
{
    private static readonly (string, string) Small = ("segment.bytes", "16384");
    private static readonly (string, string) Forever = ("retention.ms", "-1");

    [Fact]
    public void Sweep_DeletesWhatNothingNamesAndNothingElse() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync(configure: options => options.CheckpointBlocks = 2);
        var topic = await one.CreateAsync("t", Small, Forever);
        var partition = topic.At(0);
        await one.AppendLargeAsync(topic, 13);
        var head = await world.HeadAsync(partition);
        var stray = new SegmentId(Guid.Parse("22222222222222222222222222222222"));
        string[] orphans =
        [
            StorageLayout.LogBlob(partition, head.Active.BaseOffset, stray),
            StorageLayout.ProducersBlob(partition, head.Active.BaseOffset, stray),
            StorageLayout.CheckpointBlob(partition, head.Active.BaseOffset, head.Active.Segment, 100, Guid.Empty),
            StorageLayout.LogBlob(partition, head.Active.BaseOffset + 1000, stray),
            StorageLayout.BlobPrefix(partition) + $"{head.Active.BaseOffset:D20}-{head.Active.BaseOffset + 5:D20}-{Guid.Empty:N}.segment",
        ];
        var elsewhere = StorageLayout.LogBlob(new TopicPartition(topic.Id, 1), 0, stray);
        foreach (var blob in (string[])[.. orphans, elsewhere])
            await world.Twin.PutBlobAsync(blob, new byte[1], default);

        await world.TickForAsync(one, TimeSpan.FromMinutes(2));

        Assert.Equal([.. await world.NamedAsync(partition), elsewhere], await world.BlobsAsync(topic.Id));
        Assert.Equal(13, (await one.ReadAllAsync(topic)).Count);
        Assert.Equal(13, (await (await world.StartAsync()).ReadAllAsync(topic)).Count);
    });

    /// <summary>
    /// A rewriter sleeps for an hour between having made its object and putting it into the chain, and another sweeps meanwhile but cannot rewrite. The sleeper
    /// reads the head only when it wakes up, so no fence holds it: what it will name must still be there.
    /// </summary>
    [Fact]
    public void Sweep_WhileARewriterSleeps_LeavesItsObjectAsLongAsItMayStillTakeAPlace() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, Forever);
        await one.AppendLargeAsync(topic, 7);
        var partition = topic.At(0);
        var context = HousekeepingWorld.Context(world.Twin, world);
        var store = new ChainStore(context, partition);
        var faults = new FaultScript().On(
            StorageVerb.ReadRow,
            Fault.Before(async () => Assert.NotNull(await new OrphanSweep(context, partition, store).SweepAsync((await store.ReadAsync())!, world.Now))),
            occurrence: 3);
        var sleeper = new SegmentRewriter(HousekeepingWorld.Context(new FaultyBackend(world.Twin, faults), world), partition);

        var result = await sleeper.RewriteAsync((await world.SegmentsAsync(partition))[0], default);

        Assert.True(faults.IsSpent);
        Assert.Equal(RewriteOutcome.Replaced, result.Outcome);
        Assert.Contains(result.Row!.Blob, await world.BlobsAsync(topic.Id));
        Assert.Equal(7, (await (await world.StartAsync()).ReadAllAsync(topic)).Count);
    });

    [Fact]
    public void Sweep_OfARewriteThatAnotherWasFasterThan_DeletesIt() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, Forever);
        await one.AppendLargeAsync(topic, 7);
        var loser = StorageLayout.SegmentBlob(topic.At(0), 0, (await world.SegmentsAsync(topic.At(0)))[0].EndOffset, Guid.Empty);
        await world.Twin.PutBlobAsync(loser, new byte[1], default);

        await world.TickForAsync(one, TimeSpan.FromMinutes(2));

        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
        Assert.Equal(7, (await one.ReadAllAsync(topic)).Count);
    });

    /// <summary>
    /// The proposer of a roll sleeps between having made its segment and putting it into the chain, for an hour in which the housekeeping sweeps.
    /// </summary>
    [Fact]
    public void Sweep_WhileTheProposerOfARollSleeps_MakesItLoseAndHarmsNothing() => HousekeepingWorld.Run(async world =>
    {
        var (topic, values) = await RollWithASleeperAsync(world, ProtocolRules.All);

        var reader = await world.StartAsync();
        Assert.Equal(values, (await reader.ReadAllAsync(topic)).Select(record => record.Value));
        await world.TickThroughAsync(reader, TimeSpan.FromDays(3));
        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
    });

    /// <summary>Without the fence the sweep deletes a segment that the sleeper then puts into the chain: the test above can fail.</summary>
    [Fact]
    public void Sweep_WithoutTheFence_DeletesWhatTheSleeperNamesLater() => HousekeepingWorld.Run(async world =>
    {
        await Record.ExceptionAsync(() => RollWithASleeperAsync(world, ProtocolRules.All with { FenceOrphans = false }));

        var topic = (await (await world.StartAsync()).Engine.FindTopicAsync("t", default)).Value;
        var active = (await world.HeadAsync(topic.At(0))).Active;
        Assert.DoesNotContain(StorageLayout.LogBlob(topic.At(0), active.BaseOffset, active.Segment), await world.BlobsAsync(topic.Id));
    });

    [Fact]
    public void Sweep_WhenTheHeadChangesMeanwhile_DeletesNothingUntilItHasFencedTheNewOne() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, Forever);
        await one.AppendLargeAsync(topic, 5);
        var faults = new FaultScript();
        var other = await world.StartAsync(faults);
        await world.WaitAsync(TimeSpan.FromDays(8));
        // The list is read; then somebody rolls, and what they made is not in it.
        faults.On(
            call => call.Verb == StorageVerb.CommitRows && call.Key.EndsWith(StorageLayout.HeadRowKey, StringComparison.Ordinal),
            Fault.Before(async () => await one.AppendLargeAsync(topic, 5)));

        await world.TickForAsync(other, TimeSpan.FromMinutes(2));

        Assert.True(faults.IsSpent);
        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
        Assert.Equal(10, (await one.ReadAllAsync(topic)).Count);
    });

    [Fact]
    public void Roll_WhoseProposerDiedBeforeTheChain_IsFinishedByTheHousekeepingAndWhatItLeftIsSwept() => HousekeepingWorld.Run(async world =>
    {
        var one = await world.StartAsync();
        var topic = await one.CreateAsync("t", Small, Forever, ("segment.ms", "86400000"));
        await one.AppendLargeAsync(topic, 4);
        var faults = new FaultScript();
        var dying = await world.StartAsync(faults);
        await dying.ReadAllAsync(topic);
        faults.On(call => call.Verb == StorageVerb.CommitRows && call.Key.Contains(StorageLayout.SegmentRowKeyPrefix, StringComparison.Ordinal), Fault.Hang);
        var never = dying.AppendLargeAsync(topic, 4);
        await world.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(faults.IsSpent);
        Assert.Empty(await world.SegmentsAsync(topic.At(0)));

        await world.TickThroughAsync(one, TimeSpan.FromDays(3));

        Assert.NotEmpty(await world.SegmentsAsync(topic.At(0)));
        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
        Assert.False(never.IsCompletedSuccessfully);
    });

    private static async Task<(Topic Topic, List<string> Values)> RollWithASleeperAsync(HousekeepingWorld world, ProtocolRules rules)
    {
        var faults = new FaultScript();
        var sleeper = await world.StartAsync(faults, rules, configure: options => options.AppendTimeout = TimeSpan.FromHours(3));
        var keeper = await world.StartAsync(rules: rules);
        var topic = await sleeper.CreateAsync("t", Small, Forever);
        await sleeper.AppendLargeAsync(topic, 5);
        // The housekeeping has never swept here, so it does at its first look.
        faults.On(
            call => call.Verb == StorageVerb.CommitRows && call.Key.Contains(StorageLayout.SegmentRowKeyPrefix, StringComparison.Ordinal),
            Fault.Before(async () => await world.TickForAsync(keeper, TimeSpan.FromHours(1))));

        await sleeper.AppendLargeAsync(topic, 5);
        Assert.True(faults.IsSpent);
        Assert.NotEqual(0, (await world.HeadAsync(topic.At(0))).SweptAt);

        await keeper.AppendAsync(topic, "after");
        return (topic, [.. Enumerable.Range(0, 5).Select(HousekeepingInstance.Large), .. Enumerable.Range(0, 5).Select(HousekeepingInstance.Large), "after"]);
    }
}

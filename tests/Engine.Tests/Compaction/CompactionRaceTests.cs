using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Records;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Compaction;

/// <summary>A compaction that is slow at one of its calls, at each in turn, while something else happens to the partition. All believe that they hold the lease.</summary>
public class CompactionRaceTests
{
    private const int MostCalls = 300;

    public static TheoryData<string, bool> Others
    {
        get
        {
            var others = new TheoryData<string, bool>();
            foreach (var other in new[] { "compaction", "retention", "deletion of records", "roll", "sweep", "an hour", "deletion" })
            {
                others.Add(other, false);
                others.Add(other, true);
            }

            return others;
        }
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void Compaction_WhenAnythingElseComesBetweenAnyTwoOfItsCalls_LosesNothing(string other, bool isSecond)
    {
        var calls = 0;
        for (var call = 1; call <= MostCalls; call++)
        {
            var reached = false;
            var at = call;
            HousekeepingWorld.Run(async world => reached = await RunAsync(world, other, isSecond, at));
            if (!reached)
                break;
            calls = call;
        }

        Assert.InRange(calls, 20, MostCalls - 1);
    }

    [Fact]
    public void Compaction_WhenItNamesWhatASweepHasDeleted_IsNoticed() => HousekeepingWorld.Run(async world =>
    {
        var (writer, log) = await PreparedAsync(world, isSecond: true);
        var faults = new FaultScript();
        var slow = await world.StartAsync(faults, ProtocolRules.All with { FenceCompaction = false }, decorate: storage => new LyingLeaseBackend(storage));
        faults.On(IsSwap, Fault.Before(() => SweepAsync(world, log)));

        await slow.TickAsync();

        Assert.True(faults.IsSpent);
        Assert.NotEmpty((await world.NamedAsync(log.Topic.At(0))).Except(await world.BlobsAsync(log.Topic.Id)));
    });

    [Fact]
    public void Compaction_WhenASweepCameBetween_IsDoneAgainAndNamesWhatExists() => HousekeepingWorld.Run(async world =>
    {
        var (writer, log) = await PreparedAsync(world, isSecond: true);
        var faults = new FaultScript();
        var slow = await world.StartAsync(faults, decorate: storage => new LyingLeaseBackend(storage));
        faults.On(IsSwap, Fault.Before(() => SweepAsync(world, log)));

        await slow.TickAsync();

        Assert.True(faults.IsSpent);
        Assert.Empty((await world.NamedAsync(log.Topic.At(0))).Except(await world.BlobsAsync(log.Topic.Id)));
        await world.TickForAsync(slow, TimeSpan.FromMinutes(10));
        await log.AssertHoldsAsync(writer);
        Assert.True((await world.HeadAsync(log.Topic.At(0))).Compaction.CleanOffset > 0);
    });

    /// <summary>
    /// The reply of an append is lost, and before its writer looks again the segment is sealed, compacted and merged into the one before it. The writer finds its batch in what
    /// is left of the segment, but nothing tells any more where the chain ended that.
    /// </summary>
    [Fact]
    public void Append_WhenItsSegmentIsMergedAwayBeforeItsOutcomeIsKnown_IsUnknownAndStandsOnce() => HousekeepingWorld.Run(async world =>
    {
        var other = await world.StartAsync();
        var topic = await other.CreateAsync("t", CompactedTopic.Configs);
        var log = new KeyedLog(world, topic, CompactedTopic.DeleteRetention);
        for (var i = 0; i < 7; i++)
            await log.AppendAsync(other, CompressionCodec.None, ("same", HousekeepingInstance.Large(i)));
        var faults = new FaultScript();
        var one = await world.StartAsync(faults, configure: options => options.AppendTimeout = TimeSpan.FromHours(1));
        await log.AppendAsync(one, CompressionCodec.None, ("first", "x"));
        faults.On(StorageVerb.Append, Fault.LostReply);
        faults.On(call => call.Verb == StorageVerb.ReadRow && call.Key.EndsWith("head", StringComparison.Ordinal), Fault.Before(MergeAsync));

        var answer = await one.Engine.AppendAsync(topic, 0, new AppendRequest([Batch("mine")]), default);

        Assert.True(faults.IsSpent);
        Assert.Single(await world.SegmentsAsync(topic.At(0)));
        Assert.Equal(ErrorCode.RequestTimedOut, answer.Refusal?.Code);
        Assert.Single(await log.ReadAsync(other), record => record.Key == "mine");

        async Task MergeAsync()
        {
            for (var i = 0; i < 6; i++)
                Assert.False((await other.Engine.AppendAsync(topic, 0, new AppendRequest([Batch("other", HousekeepingInstance.Large(i))]), default)).IsRefused);
            await world.TickForAsync(other, TimeSpan.FromMinutes(3));
        }
    });

    /// <summary>The same, but its segment is the first of the merged ones: its own end is known.</summary>
    [Fact]
    public void Append_WhenOthersAreMergedIntoItsSegmentBeforeItsOutcomeIsKnown_IsAcknowledgedOnce() => HousekeepingWorld.Run(async world =>
    {
        var other = await world.StartAsync();
        var topic = await other.CreateAsync("t", CompactedTopic.Configs);
        var log = new KeyedLog(world, topic, CompactedTopic.DeleteRetention);
        var faults = new FaultScript();
        var one = await world.StartAsync(faults, configure: options => options.AppendTimeout = TimeSpan.FromHours(1));
        await log.AppendAsync(one, CompressionCodec.None, ("first", "x"));
        faults.On(StorageVerb.Append, Fault.LostReply);
        faults.On(call => call.Verb == StorageVerb.ReadRow && call.Key.EndsWith("head", StringComparison.Ordinal), Fault.Before(MergeAsync));

        var answer = await one.Engine.AppendAsync(topic, 0, new AppendRequest([Batch("mine")]), default);

        Assert.True(faults.IsSpent);
        Assert.True((await world.SegmentsAsync(topic.At(0)))[0].OwnEndOffset > 0);
        Assert.Equal(1, answer.Value.Batches[0].BaseOffset);
        Assert.Single(await log.ReadAsync(other), record => record.Key == "mine");

        async Task MergeAsync()
        {
            for (var i = 0; i < 12; i++)
                Assert.False((await other.Engine.AppendAsync(topic, 0, new AppendRequest([Batch("other", HousekeepingInstance.Large(i))]), default)).IsRefused);
            await world.TickForAsync(other, TimeSpan.FromMinutes(3));
        }
    });

    private static async Task<bool> RunAsync(HousekeepingWorld world, string other, bool isSecond, int call)
    {
        var (writer, log) = await PreparedAsync(world, isSecond, other == "retention" ? [("cleanup.policy", "compact,delete"), ("retention.bytes", "20000")] : []);
        if (other == "retention")
            log.DeletedBelow = log.End;
        var faults = new FaultScript();
        var slow = await world.StartAsync(faults, decorate: storage => new LyingLeaseBackend(storage));
        var fast = await world.StartAsync(decorate: storage => new LyingLeaseBackend(storage));
        faults.On(_ => true, Fault.Before(() => InterfereAsync(world, fast, log, other)), call);

        await slow.Engine.RunHousekeepingAsync(default);

        if (other == "deletion" && faults.IsSpent)
        {
            await world.TickThroughAsync(fast, TimeSpan.FromDays(3));
            Assert.Empty(await world.BlobsAsync(log.Topic.Id));
            return true;
        }

        await log.AssertHoldsAsync(writer);
        Assert.Empty((await world.NamedAsync(log.Topic.At(0))).Except(await world.BlobsAsync(log.Topic.Id)));
        await world.TickThroughAsync(fast, TimeSpan.FromDays(2));
        await log.AssertHoldsAsync(await world.StartAsync());
        Assert.Equal(await world.NamedAsync(log.Topic.At(0)), await world.BlobsAsync(log.Topic.Id));
        return faults.IsSpent;
    }

    private static async Task InterfereAsync(HousekeepingWorld world, HousekeepingInstance fast, KeyedLog log, string other)
    {
        switch (other)
        {
            case "compaction":
                await fast.TickAsync();
                break;
            case "retention":
                await fast.TickAsync();
                break;
            case "deletion of records":
                log.DeletedBelow = 12;
                Assert.Equal(12, (await fast.Engine.DeleteRecordsAsync(log.Topic, 0, 12, default)).Value);
                await world.WaitAsync(TimeSpan.FromSeconds(40));
                await fast.TickAsync();
                break;
            case "roll":
                for (var i = 0; i < 7; i++)
                    await log.AppendAsync(fast, CompressionCodec.None, ("a", HousekeepingInstance.Large(i)));
                break;
            case "sweep":
                await SweepAsync(world, log);
                break;
            case "an hour":
                await world.TickThroughAsync(fast, TimeSpan.FromHours(5));
                break;
            case "deletion":
                Assert.False((await fast.Engine.DeleteTopicAsync("t", default)).IsRefused);
                await world.TickForAsync(fast, TimeSpan.FromMinutes(2));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(other), other, "Nothing of that name.");
        }
    }

    /// <param name="isSecond">It was compacted once before, and written to since.</param>
    private static async Task<(HousekeepingInstance Writer, KeyedLog Log)> PreparedAsync(HousekeepingWorld world, bool isSecond, params (string, string)[] configs)
    {
        var writer = await world.StartAsync(decorate: storage => new LyingLeaseBackend(storage));
        var log = await CompactedTopic.PrepareAsync(world, writer, configs);
        if (!isSecond)
            return (writer, log);
        await world.TickForAsync(writer, TimeSpan.FromMinutes(2));
        foreach (var key in (string[])["e", "f", "a", "k", "m", "z", "p", "q", "r", "s", "a"])
            await log.AppendAsync(writer, CompressionCodec.None, (key, HousekeepingInstance.Large(9)));
        await world.WaitAsync(TimeSpan.FromMinutes(1));
        return (writer, log);
    }

    /// <summary>Whatever nothing names goes, whenever that was done last.</summary>
    private static async Task SweepAsync(HousekeepingWorld world, KeyedLog log)
    {
        var context = HousekeepingWorld.Context(world.Twin, world);
        var store = new ChainStore(context, log.Topic.At(0));
        await new OrphanSweep(context, log.Topic.At(0), store).SweepAsync((await store.ReadAsync())!, world.Now);
    }

    private static bool IsSwap(StorageCall call) => call.Verb == StorageVerb.CommitRows && call.Target == StorageLayout.PartitionsTable;

    private static Memory<byte> Batch(string key, string value = "")
    {
        var builder = new RecordBatchBuilder();
        builder.Add(0, System.Text.Encoding.UTF8.GetBytes(key), System.Text.Encoding.UTF8.GetBytes(value), []);
        return builder.Build();
    }
}

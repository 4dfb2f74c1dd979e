using ManagedLog.Engine.Metadata;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Housekeeping;

/// <summary>
/// The same work, which takes every step there is, with one fault at one call: at each call in turn, before and after its effect. Whatever happens, another
/// instance then brings everything to where it would have come without the fault.
/// </summary>
public class HousekeepingCrashTests
{
    private const int Kept = 7;

    /// <summary>More calls than the ticks make.</summary>
    private const int MostCalls = 300;

    [Theory]
    [InlineData(CrashPoint.DiesBefore)]
    [InlineData(CrashPoint.DiesAfter)]
    [InlineData(CrashPoint.LosesTheRequest)]
    [InlineData(CrashPoint.LosesTheReply)]
    [InlineData(CrashPoint.IsThrottled)]
    public void Ticks_WithAFaultAtAnyCall_AreBroughtToTheSameEndByAnotherInstance(CrashPoint point)
    {
        var calls = 0;
        for (var call = 1; call <= MostCalls; call++)
        {
            var reached = false;
            var at = call;
            HousekeepingWorld.Run(async world => reached = await RunAsync(world, point, at));
            if (!reached)
                break;
            calls = call;
        }

        Assert.InRange(calls, 40, MostCalls - 1);
    }

    private static async Task<bool> RunAsync(HousekeepingWorld world, CrashPoint point, int call)
    {
        var writer = await world.StartAsync(configure: options => options.CheckpointBlocks = 3);
        var (topic, gone, expected) = await PrepareAsync(world, writer);
        var faults = new FaultScript();
        var faulty = await world.StartAsync(faults);
        faults.On(_ => true, Of(point), call);

        // Not awaited when it dies: it never ends then.
        var ticks = TickTwiceAsync(world, faulty);
        await world.WaitAsync(TimeSpan.FromMinutes(5));
        var reached = faults.IsSpent;
        Assert.Equal(reached && point is (CrashPoint.DiesBefore or CrashPoint.DiesAfter), !ticks.IsCompleted);

        var heir = await world.StartAsync();
        await world.TickForAsync(heir, TimeSpan.FromMinutes(20));
        await AssertDoneAsync(world, heir, topic, expected);
        await world.TickThroughAsync(heir, TimeSpan.FromDays(9));
        await AssertDoneAsync(world, await world.StartAsync(), topic, expected);
        Assert.Equal(await world.NamedAsync(topic.At(0)), await world.BlobsAsync(topic.Id));
        Assert.Empty(await world.BlobsAsync(gone.Id));
        var leftOver = await world.RowsAsync(StorageLayout.PartitionsTable, StorageLayout.PartitionKey(gone.At(0)));
        Assert.Equal(StorageLayout.HeadRowKey, Assert.Single(leftOver).Address.RowKey);
        Assert.Equal(topic.At(0), Assert.Single(await world.DueAsync()).Partition);
        Assert.Equal(Kept + 13, await writer.AppendAsync(topic, "goes on"));
        return reached;
    }

    private static async Task TickTwiceAsync(HousekeepingWorld world, HousekeepingInstance instance)
    {
        await instance.Engine.RunHousekeepingAsync(default);
        await world.WaitAsync(TimeSpan.FromSeconds(40));
        await instance.Engine.RunHousekeepingAsync(default);
    }

    /// <summary>A partition with segments that go and segments that stay, an old active segment, and an orphan; and a deleted topic.</summary>
    private static async Task<(Topic Topic, Topic Gone, List<(long, string)> Expected)> PrepareAsync(HousekeepingWorld world, HousekeepingInstance writer)
    {
        var topic = await writer.CreateAsync("t", ("segment.bytes", "16384"), ("segment.ms", "3600000"), ("retention.ms", "-1"));
        var gone = await writer.CreateAsync("gone", ("segment.bytes", "16384"));
        await writer.AppendLargeAsync(gone, 7);
        await writer.Engine.DeleteTopicAsync("gone", default);
        await writer.AppendLargeAsync(topic, 13);
        await writer.AppendLargeAsync(topic, Kept);
        await writer.Engine.DeleteRecordsAsync(topic, 0, 13, default);
        await world.Twin.PutBlobAsync(StorageLayout.LogBlob(topic.At(0), 17, new(Guid.Empty)), new byte[1], default);
        await world.WaitAsync(TimeSpan.FromMinutes(70));
        return (topic, gone, [.. Enumerable.Range(0, Kept).Select(i => ((long)(13 + i), HousekeepingInstance.Large(i)))]);
    }

    private static async Task AssertDoneAsync(HousekeepingWorld world, HousekeepingInstance instance, Topic topic, List<(long, string)> expected)
    {
        Assert.Equal(expected, await instance.ReadAllAsync(topic));
        Assert.Equal(new PartitionOffsets(13, 13 + Kept, 13 + Kept), await instance.OffsetsAsync(topic));
        var head = await world.HeadAsync(topic.At(0));
        Assert.Equal(13 + Kept, head.Active.BaseOffset);
        var segments = await world.SegmentsAsync(topic.At(0));
        Assert.InRange(segments[0].BaseOffset, 0, 13);
        Assert.True(segments[0].EndOffset > 13);
        Assert.Empty((await world.NamedAsync(topic.At(0))).Except(await world.BlobsAsync(topic.Id)));
    }

    private static Fault Of(CrashPoint point) => point switch
    {
        CrashPoint.DiesBefore => Fault.Hang,
        CrashPoint.DiesAfter => Fault.After(() => new TaskCompletionSource().Task),
        CrashPoint.LosesTheRequest => Fault.LostRequest,
        CrashPoint.LosesTheReply => Fault.LostReply,
        CrashPoint.IsThrottled => Fault.Throttled,
        _ => throw new ArgumentOutOfRangeException(nameof(point), point, "No such point."),
    };
}

using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Compaction;

/// <summary>
/// The same compaction with one fault at one call: at each call in turn, before and after its effect. Whatever happens, another instance then brings the log to where it
/// would have come without the fault, and leaves nothing behind.
/// </summary>
public class CompactionCrashTests
{
    /// <summary>More calls than the ticks make.</summary>
    private const int MostCalls = 300;

    [Theory]
    [InlineData(CrashPoint.DiesBefore, false)]
    [InlineData(CrashPoint.DiesAfter, false)]
    [InlineData(CrashPoint.LosesTheRequest, false)]
    [InlineData(CrashPoint.LosesTheReply, false)]
    [InlineData(CrashPoint.IsThrottled, false)]
    [InlineData(CrashPoint.DiesBefore, true)]
    [InlineData(CrashPoint.DiesAfter, true)]
    [InlineData(CrashPoint.LosesTheRequest, true)]
    [InlineData(CrashPoint.LosesTheReply, true)]
    [InlineData(CrashPoint.IsThrottled, true)]
    public void Ticks_WithAFaultAtAnyCall_CompactTheLogAllTheSame(CrashPoint point, bool isOfTombstones)
    {
        var calls = 0;
        for (var call = 1; call <= MostCalls; call++)
        {
            var reached = false;
            var at = call;
            HousekeepingWorld.Run(async world => reached = await RunAsync(world, point, isOfTombstones, at));
            if (!reached)
                break;
            calls = call;
        }

        Assert.InRange(calls, 20, MostCalls - 1);
    }

    private static async Task<bool> RunAsync(HousekeepingWorld world, CrashPoint point, bool isOfTombstones, int call)
    {
        var writer = await world.StartAsync();
        var log = await CompactedTopic.PrepareAsync(world, writer);
        if (isOfTombstones)
        {
            await world.TickForAsync(writer, TimeSpan.FromMinutes(5));
            Assert.Contains(await log.ReadAsync(writer), record => record.Value is null);
            await world.WaitAsync(CompactedTopic.DeleteRetention);
        }

        var faults = new FaultScript();
        var faulty = await world.StartAsync(faults);
        faults.On(_ => true, Of(point), call);

        // Not awaited when it dies: it never ends then.
        var tick = faulty.Engine.RunHousekeepingAsync(default);
        await world.WaitAsync(TimeSpan.FromMinutes(5));
        var reached = faults.IsSpent;
        Assert.Equal(reached && point is (CrashPoint.DiesBefore or CrashPoint.DiesAfter), !tick.IsCompleted);
        await log.AssertHoldsAsync(writer);

        var heir = await world.StartAsync();
        await world.TickForAsync(heir, TimeSpan.FromMinutes(15));
        await log.AssertHoldsAsync(heir);
        Assert.Equal(isOfTombstones, (await log.ReadAsync(heir)).TrueForAll(record => record.Value is not null));
        await world.TickThroughAsync(heir, TimeSpan.FromDays(2));
        var cold = await world.StartAsync();
        await log.AssertHoldsAsync(cold);
        Assert.Equal(log.Last.Where(record => record.Value is not null), await log.ReadAsync(cold));
        Assert.Equal(await world.NamedAsync(log.Topic.At(0)), await world.BlobsAsync(log.Topic.Id));
        return reached;
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

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Insight;

public class HistoryTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private static Task<HousekeepingInstance> StartAsync(HousekeepingWorld world, FaultScript? faults = null) =>
        world.StartAsync(faults, configure: options => options.HistoryInterval = Interval);

    private static async Task<HistoryResult> ReadAsync(HousekeepingInstance instance, Topic? topic, TimeSpan back, TimeSpan step)
    {
        var to = instance.World.Now.ToUnixTimeMilliseconds() + 1;
        var read = await instance.Engine.Insight.HistoryAsync(topic, new HistoryRequest(to - (long)back.TotalMilliseconds, to, (long)step.TotalMilliseconds));
        Assert.False(read.IsRefused, read.Refusal?.ToString());
        return read.Value;
    }

    private static async Task<ActivityAmounts> SumAsync(HousekeepingInstance instance, Topic? topic) =>
        (await ReadAsync(instance, topic, TimeSpan.FromDays(10), TimeSpan.FromHours(1))).Points.Aggregate(default(ActivityAmounts), (sum, point) => sum + point.Amounts);

    private static Topic Metrics(IReadOnlyList<Topic> topics) => topics.Single(topic => topic.Name == ActivityReporter.TopicName);

    [Fact]
    public void History_TellsWhatEachInstanceDidAndWhen() => HousekeepingWorld.Run(async world =>
    {
        HousekeepingInstance[] instances = [await StartAsync(world), await StartAsync(world)];
        var topic = await instances[0].CreateAsync("t", 2);
        var other = await instances[0].CreateAsync("other");
        for (var minute = 0; minute < 10; minute++)
        {
            foreach (var instance in instances)
            {
                await instance.AppendAsync(topic, "a", minute % 2);
                if (minute == 5)
                    await instance.FetchAsync(topic, FetchFrom.At(0));
                await instance.AppendAsync(other, "b");
            }

            await world.TickForAsync(instances[0], TimeSpan.FromMinutes(1));
            await instances[1].TickAsync();
        }

        await world.WaitAsync(Interval);
        foreach (var instance in instances)
            await instance.TickAsync();
        var fresh = await StartAsync(world);
        var history = await ReadAsync(fresh, topic, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(1));
        Assert.True(history.IsKept);
        Assert.Equal(15, history.Points.Count);
        Assert.Equal(20, history.Points.Sum(point => point.Amounts.RecordsIn));
        Assert.All(history.Points.Skip(4).Take(8), point => Assert.InRange(point.Amounts.RecordsIn, 1, 3));
        Assert.Equal(12, history.Points.Sum(point => point.Amounts.RecordsOut));
        Assert.Equal((await fresh.Engine.Insight.TopicAsync(topic, default)).Bytes, history.Points[^1].Bytes);
        Assert.Equal(40, (await SumAsync(fresh, null)).RecordsIn);
        Assert.Equal(history.Points.Sum(point => point.Amounts.BytesIn), (await SumAsync(fresh, topic)).BytesIn);
    });

    [Fact]
    public void Report_OfManyTopics_CostsOneAppend_AndNothingWhileNothingHappens() => HousekeepingWorld.Run(async world =>
    {
        var instance = await StartAsync(world);
        for (var i = 0; i < 30; i++)
            await instance.AppendAsync(await instance.CreateAsync("t" + i), "a");
        await world.TickForAsync(instance, TimeSpan.FromMinutes(5));
        var metrics = Metrics((await instance.Engine.ListTopicsAsync(default)).Value);
        Assert.Equal("1209600000", metrics.Config.Overrides["retention.ms"]);
        Assert.True(metrics.IsInternal);

        await instance.AppendAsync((await instance.Engine.FindTopicAsync("t7", default)).Value, "b");
        var before = instance.Calls.Calls.Count;
        await world.TickForAsync(instance, TimeSpan.FromMinutes(5));
        Assert.Equal(1, instance.Calls.Calls.Skip(before).Count(call => call.Verb == StorageVerb.Append));
        Assert.Equal(31, (await SumAsync(instance, null)).RecordsIn);

        before = instance.Calls.Calls.Count;
        for (var i = 0; i < 100; i++)
        {
            await world.WaitAsync(TimeSpan.FromSeconds(30));
            await instance.TickAsync();
        }

        // The three of each tick, and a look at what is due for the new partitions now and then.
        Assert.DoesNotContain(instance.Calls.Calls.Skip(before), call => call.Verb == StorageVerb.Append && call.Target.StartsWith(metrics.Id.ToString(), StringComparison.Ordinal));
    });

    [Fact]
    public void Report_IsAlsoMadeWhereNobodyTicks_WhenRecordsMoveAgain() => HousekeepingWorld.Run(async world =>
    {
        var instance = await StartAsync(world);
        var topic = await instance.CreateAsync("t");
        await instance.AppendAsync(topic, "a");
        await world.WaitAsync(Interval);
        await instance.AppendAsync(topic, "b");
        await world.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(2, (await SumAsync(await StartAsync(world), topic)).RecordsIn);
    });

    [Fact]
    public void Report_AfterDaysOfSilence_StillCounts() => HousekeepingWorld.Run(async world =>
    {
        var instance = await StartAsync(world);
        var topic = await instance.CreateAsync("t");
        for (var i = 0; i < 3; i++)
        {
            await instance.AppendAsync(topic, "a");
            await world.TickForAsync(instance, TimeSpan.FromMinutes(3));
            await world.WaitAsync(TimeSpan.FromDays(3));
        }

        Assert.Equal(3, (await SumAsync(await StartAsync(world), topic)).RecordsIn);
    });

    [Fact]
    public void History_OfATopicMadeAgain_IsItsOwn() => HousekeepingWorld.Run(async world =>
    {
        var instance = await StartAsync(world);
        var old = await instance.CreateAsync("t");
        await instance.AppendAsync(old, "a");
        await world.TickForAsync(instance, TimeSpan.FromMinutes(2));
        await instance.Engine.DeleteTopicAsync("t", default);
        var topic = await instance.CreateAsync("t");
        await instance.AppendAsync(topic, "a");
        await instance.AppendAsync(topic, "b");
        await world.TickForAsync(instance, TimeSpan.FromMinutes(2));

        Assert.Equal(2, (await SumAsync(instance, topic)).RecordsIn);
        Assert.Equal(3, (await SumAsync(instance, null)).RecordsIn);
    });

    [Fact]
    public void History_ThatIsOffOrNew_IsEmptyAndSaysSo() => HousekeepingWorld.Run(async world =>
    {
        var instance = await world.StartAsync();
        var topic = await instance.CreateAsync("t");
        await instance.AppendAsync(topic, "a");
        await world.TickForAsync(instance, TimeSpan.FromMinutes(10));
        var history = await ReadAsync(instance, topic, TimeSpan.FromHours(1), TimeSpan.FromMinutes(1));
        Assert.False(history.IsKept);
        Assert.All(history.Points, point => Assert.Equal(default, point.Amounts));
        Assert.DoesNotContain((await instance.Engine.ListTopicsAsync(default)).Value, listed => listed.IsInternal);
    });

    [Fact]
    public void Rates_AreThoseOfTheLastMinutes_AndOperationsThoseOfTheLastHour() => HousekeepingWorld.Run(async world =>
    {
        var instance = await StartAsync(world);
        var topic = await instance.CreateAsync("t");
        for (var i = 0; i < 240; i++)
        {
            await instance.AppendAsync(topic, "a");
            await world.WaitAsync(TimeSpan.FromSeconds(30));
            await instance.TickAsync();
        }

        var rates = (await instance.Engine.Insight.TopicAsync(topic, default)).Rates!;
        Assert.InRange(rates.Amounts.RecordsIn, 8, 11);
        Assert.InRange(rates.Hour.RecordsIn, 115, 121);
        Assert.InRange(rates.Hour.BlobWrites, 115, 125);

        var before = instance.Calls.Snapshot();
        await instance.Engine.Insight.TopicAsync(topic, default);
        Assert.Equal(0, instance.Calls.Since(before).Total);
    });

    /// <summary>The append happened, its answer was lost, and it could not be read whether it did: the same report is sent again, and counts once.</summary>
    [Fact]
    public void Report_WhoseOutcomeStaysUnknown_IsSentAgainAndCountsOnce() => HousekeepingWorld.Run(async world =>
    {
        var faults = new FaultScript();
        var instance = await StartAsync(world, faults);
        var topic = await instance.CreateAsync("t");
        await instance.AppendAsync(topic, "a");
        await world.TickForAsync(instance, TimeSpan.FromMinutes(2));
        var metrics = Metrics((await instance.Engine.ListTopicsAsync(default)).Value).Id.ToString();
        bool IsMetrics(StorageCall call) => call.Target.StartsWith(metrics, StringComparison.Ordinal);
        await instance.AppendAsync(topic, "b");
        var until = world.Now + TimeSpan.FromMinutes(3);
        faults.On(call => call.Verb == StorageVerb.Append && IsMetrics(call), Fault.LostReply);
        faults.On(call => call.IsRead && IsMetrics(call) && world.Now < until, Fault.LostRequest, times: 10_000);

        await world.TickForAsync(instance, TimeSpan.FromMinutes(10));

        Assert.Equal(2, (await SumAsync(await StartAsync(world), topic)).RecordsIn);
        Assert.Equal(2, (await instance.OffsetsAsync(Metrics((await instance.Engine.ListTopicsAsync(default)).Value))).LogEnd);
    });

    /// <summary>A fault at any call that a report makes, before its effect or after it: what was done is counted once, or (where the instance dies) at most once.</summary>
    [Theory]
    [InlineData(CrashPoint.DiesBefore)]
    [InlineData(CrashPoint.DiesAfter)]
    [InlineData(CrashPoint.LosesTheRequest)]
    [InlineData(CrashPoint.LosesTheReply)]
    [InlineData(CrashPoint.IsThrottled)]
    public void Report_WithAFaultAtAnyCall_CountsNothingTwice(CrashPoint point)
    {
        var calls = 0;
        for (var call = 1; call < 100; call++)
        {
            var reached = false;
            var at = call;
            HousekeepingWorld.Run(async world => reached = await RunAsync(world, point, at));
            if (!reached)
                break;
            calls = call;
        }

        Assert.InRange(calls, 10, 90);
    }

    private static async Task<bool> RunAsync(HousekeepingWorld world, CrashPoint point, int call)
    {
        var faults = new FaultScript();
        var instance = await StartAsync(world, faults);
        var topic = await instance.CreateAsync("t");
        await instance.AppendAsync(topic, "a");
        await world.WaitAsync(Interval);
        faults.On(_ => true, point switch
        {
            CrashPoint.DiesBefore => Fault.Hang,
            CrashPoint.DiesAfter => Fault.After(() => new TaskCompletionSource().Task),
            CrashPoint.LosesTheRequest => Fault.LostRequest,
            CrashPoint.LosesTheReply => Fault.LostReply,
            CrashPoint.IsThrottled or _ => Fault.Throttled,
        }, call);

        // Not awaited when it dies: it never ends then.
        var ticks = TickAsync();
        await world.WaitAsync(TimeSpan.FromMinutes(10));
        var dies = point is CrashPoint.DiesBefore or CrashPoint.DiesAfter;
        var sum = (await SumAsync(await StartAsync(world), topic)).RecordsIn;
        Assert.InRange(sum, dies && faults.IsSpent ? 0 : 1, 1);
        return faults.IsSpent;

        async Task TickAsync()
        {
            await instance.Engine.RunHousekeepingAsync(default);
            await world.WaitAsync(Interval);
            await instance.Engine.RunHousekeepingAsync(default);
            await world.WaitAsync(Interval);
            await instance.Engine.RunHousekeepingAsync(default);
        }
    }
}

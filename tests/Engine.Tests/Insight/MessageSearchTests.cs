using System.Text;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Tests.Housekeeping;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Insight;

public class MessageSearchTests
{
    private static readonly int[] All = [.. Enumerable.Range(0, SearchWorld.Partitions)];

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Any question, in either order, on an instance that wrote everything and on one that knows nothing, in steps of any size: what is found is what is there, once and in order.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Search_OfAnything_InStepsOfAnySize_FindsWhatIsThereOnceAndInOrder(int seed) => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world, seed);
        var random = new Random(seed);
        var segments = (await world.SegmentsAsync(made.Topic.At(0))).Concat(await world.SegmentsAsync(made.Topic.At(1))).ToList();
        Assert.Contains(segments, segment => segment.IsRewritten);
        Assert.Contains(segments, segment => !segment.IsRewritten);
        for (var i = 0; i < 40; i++)
        {
            var request = Random(made, random);
            var instance = random.Next(3) == 0 ? made.Writer : await world.StartAsync();
            var (found, _) = await made.SearchAsync(instance, request);
            Assert.Equal(made.Expected(request), found);
        }
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Search_InStepsOnDifferentInstances_GoesOnWhereTheLastOneEnded(bool newestFirst) => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world);
        var request = new SearchRequest(new MessageQuery(), All) { IsNewestFirst = newestFirst, Limits = new SearchLimits { Bytes = 20_000, Matches = 7, StretchBytes = 40_000 } };
        HousekeepingInstance[] instances = [made.Writer, await world.StartAsync(), await world.StartAsync()];
        var expected = made.Expected(request);
        var found = new List<(int, long)>();
        for (var step = 0; ; step++)
        {
            var result = (await instances[step % 3].Engine.Insight.SearchAsync(made.Topic, request, default)).Value;
            found.AddRange(result.Matches.Select(match => (match.Partition, match.Record.Offset)));
            if (result.Next is not { } next)
                break;
            Assert.InRange(step, 0, 1000);
            request = request with { Resume = next };
        }

        Assert.Equal(expected, found);
    });

    [Fact]
    public void Search_WhenRecordsAreAppendedMeanwhile_EndsWhereThePartitionEnded() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world);
        var request = new SearchRequest(new MessageQuery(), [0]) { Limits = new SearchLimits { Bytes = 50_000 } };
        var first = (await made.Writer.Engine.Insight.SearchAsync(made.Topic, request, default)).Value;
        Assert.Equal(SearchStop.Bytes, first.Stop);
        await made.Writer.AppendAsync(made.Topic, "later");

        var (rest, _) = await made.SearchAsync(made.Writer, request with { Resume = first.Next });

        Assert.Equal(made.Expected(request), first.Matches.Select(match => (match.Partition, match.Record.Offset)).Concat(rest));
    });

    /// <summary>Each step passes a bounded number of bytes, reads them from storage once, and leaves the cache to those who fetch.</summary>
    [Fact]
    public void Search_OnAFreshInstance_ReadsEachByteAboutOnceAndPastTheCache() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world, deletes: false);
        var fresh = await world.StartAsync(configure: options => options.ReadCacheBytes = 200_000);
        await fresh.FetchAsync(made.Topic, FetchFrom.Earliest);
        var request = new SearchRequest(new MessageQuery { Keys = [Bytes("no such key")] }, [0]);

        var before = fresh.Calls.Calls.Count;
        var result = (await fresh.Engine.Insight.SearchAsync(made.Topic, request, default)).Value;

        var reads = fresh.Calls.Calls.Skip(before).Where(call => call.Verb == StorageVerb.ReadRange).ToList();
        Assert.Equal(SearchStop.End, result.Stop);
        Assert.Equal(made.Records.Count(record => record.Partition == 0), result.Searched.Records);
        Assert.InRange(reads.Sum(call => call.Bytes), 1, (result.Searched.Bytes * 1.1) + 65_536);

        var afterwards = fresh.Calls.Snapshot();
        await fresh.FetchAsync(made.Topic, FetchFrom.At(0));
        Assert.Equal(0, fresh.Calls.Since(afterwards)[StorageVerb.ReadRange]);
    });

    [Fact]
    public void Search_ByTimeAlone_PassesOverSegmentsThatAreOlder() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world);
        await world.WaitAsync(TimeSpan.FromHours(1));
        await made.Writer.AppendAsync(made.Topic, "late");
        var fresh = await world.StartAsync();

        var request = new SearchRequest(new MessageQuery { FromTimestamp = world.Now.ToUnixTimeMilliseconds() }, [0]);
        var result = (await fresh.Engine.Insight.SearchAsync(made.Topic, request, default)).Value;

        Assert.Equal("late", Encoding.UTF8.GetString(Assert.Single(result.Matches).Record.Value!.Value.Span));
        Assert.InRange(result.Searched.Batches, 1, 40);
        Assert.InRange(result.Searched.Records, 1, 1);
    });

    [Fact]
    public void Search_WithNoTime_StillGetsFurtherWithEachStep() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world);
        var request = new SearchRequest(new MessageQuery(), All) { Limits = new SearchLimits { Duration = TimeSpan.Zero, Bytes = 1, Matches = 100 } };
        var (found, steps) = await made.SearchAsync(made.Writer, request);
        Assert.Equal(made.Expected(request), found);
        Assert.InRange(steps, 140, 160);
    });

    [Fact]
    public void Search_WhenTwoAreUnderWay_IsRefusedAndMayComeAgain() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world);
        var fresh = await world.StartAsync();
        var request = new SearchRequest(new MessageQuery(), All) { Limits = new SearchLimits { Matches = 1000 } };
        var underWay = Enumerable.Range(0, MessageSearch.MaxAtOnce).Select(_ => fresh.Engine.Insight.SearchAsync(made.Topic, request, default).AsTask()).ToList();

        var third = await fresh.Engine.Insight.SearchAsync(made.Topic, request, default);

        Assert.Equal(ErrorCode.ThrottlingQuotaExceeded, third.Refusal?.Code);
        Assert.All(await Task.WhenAll(underWay), result => Assert.Equal(made.Records.Count, result.Value.Matches.Count));
        Assert.False((await fresh.Engine.Insight.SearchAsync(made.Topic, request, default)).IsRefused);
    });

    [Fact]
    public void Search_WhenStorageDoesNotAnswer_IsRefusedAndMayComeAgain() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world);
        var faults = new FaultScript();
        var fresh = await world.StartAsync(faults);
        await fresh.OffsetsAsync(made.Topic);
        faults.On(call => call.Verb == StorageVerb.ReadRange && call.Bytes > 100_000, Fault.LostRequest, times: 20);
        var request = new SearchRequest(new MessageQuery(), [0]) { Limits = new SearchLimits { Matches = 1000 } };

        faults.On(call => call.Verb == StorageVerb.ReadRange, Fault.Throttled, times: 50);
        Assert.Equal(ErrorCode.KafkaStorageError, (await fresh.Engine.Insight.SearchAsync(made.Topic, request, default)).Refusal?.Code);

        await world.WaitAsync(TimeSpan.FromMinutes(1));
        var healthy = await world.StartAsync();
        Assert.Equal(made.Records.Count(record => record.Partition == 0), (await healthy.Engine.Insight.SearchAsync(made.Topic, request, default)).Value.Matches.Count);
    });

    [Fact]
    public void Search_WhenTheCallerGoesAway_Ends() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world);
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await made.Writer.Engine.Insight.SearchAsync(made.Topic, new SearchRequest(new MessageQuery(), All), gone.Token));
        Assert.False((await made.Writer.Engine.Insight.SearchAsync(made.Topic, new SearchRequest(new MessageQuery(), All), default)).IsRefused);
    });

    [Fact]
    public void Search_OfATopicNeverWrittenTo_FindsNothing() => HousekeepingWorld.Run(async world =>
    {
        var instance = await world.StartAsync();
        var topic = await instance.CreateAsync("empty", 300);
        var request = new SearchRequest(new MessageQuery(), [.. Enumerable.Range(0, 300)]);
        var first = (await instance.Engine.Insight.SearchAsync(topic, request, default)).Value;
        Assert.Equal((SearchStop.Partitions, SearchLimits.MaxPartitions), (first.Stop, first.Searched.Partitions));
        var second = (await instance.Engine.Insight.SearchAsync(topic, request with { Resume = first.Next }, default)).Value;
        var third = (await instance.Engine.Insight.SearchAsync(topic, request with { Resume = second.Next }, default)).Value;
        Assert.Equal((SearchStop.End, null), (third.Stop, third.Next));
    });

    [Fact]
    public void Search_WithAPositionOfAnotherPartition_IsRefused() => HousekeepingWorld.Run(async world =>
    {
        var made = await SearchWorld.MakeAsync(world);
        var request = new SearchRequest(new MessageQuery(), [0]) { Resume = new SearchPosition(1, 0, SearchPosition.Unset) };
        Assert.Equal(ErrorCode.InvalidRequest, (await made.Writer.Engine.Insight.SearchAsync(made.Topic, request, default)).Refusal?.Code);
    });

    [Fact]
    public void Position_IsReadAsItWasWritten_AndNothingElseIs()
    {
        var bytes = new byte[SearchPosition.SizeInBytes];
        var position = new SearchPosition(7, long.MaxValue - 1, SearchPosition.Unset);
        position.Write(bytes);
        Assert.True(SearchPosition.TryRead(bytes, out var read));
        Assert.Equal(position, read);
        Assert.False(SearchPosition.TryRead(bytes.AsSpan(1), out _));
        bytes[0] = 0x80;
        Assert.False(SearchPosition.TryRead(bytes, out _));
    }

    private static SearchRequest Random(SearchWorld made, Random random)
    {
        var times = made.Records.Select(record => record.Record.Timestamp).ToList();
        Assert.True(JsonPath.TryParse("$.n", out var path));
        return new SearchRequest(
            new MessageQuery
            {
                Text = random.Next(3) == 0 ? Bytes($"x{random.Next(50)}\"") : null,
                Keys = random.Next(3) == 0 ? [Bytes($"key-{random.Next(20)}"), Bytes($"key-{random.Next(20)}")] : null,
                Header = random.Next(4) == 0 ? new HeaderCondition("h", random.Next(2) == 0 ? Bytes("3") : null) : null,
                Json = random.Next(3) == 0 ? JsonCondition.EqualToNumber(path, Bytes($"{random.Next(10)}").Span) : null,
                FromTimestamp = random.Next(3) == 0 ? times[random.Next(times.Count)] : null,
                ToTimestamp = random.Next(3) == 0 ? times[random.Next(times.Count)] : null,
            },
            random.Next(2) == 0 ? All : [random.Next(SearchWorld.Partitions)])
        {
            FromOffset = random.Next(3) == 0 ? random.Next(300) : 0,
            ToOffset = random.Next(3) == 0 ? random.Next(450) : long.MaxValue,
            IsNewestFirst = random.Next(2) == 0,
            Limits = new SearchLimits { Matches = random.Next(1, 30), Bytes = random.Next(3) == 0 ? 1_000_000 : random.Next(1, 200_000), StretchBytes = random.Next(3) == 0 ? 1_000_000 : 40_000 },
        };
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>One fault at one exact call, and exactly what must come of it.</summary>
public class PartitionLogFaultTests
{
    [Fact]
    public async Task Append_WhenTheReplyIsLost_IsAcknowledgedOnceWithTheOffsetItHas()
    {
        var fixture = new LogFixture();
        var script = new FaultScript().On(StorageVerb.Append, Fault.LostReply, 3);
        var one = fixture.Start(backend => new FaultyBackend(backend, script));
        await one.AppendAsync("a");

        Assert.Equal(1, await one.AppendAsync("b"));

        Assert.Equal([(0, "a"), (1, "b")], await fixture.Start().ReadAllAsync());
    }

    [Fact]
    public async Task Append_WhenTheRequestIsLost_IsSentAgainAndStandsOnce()
    {
        var fixture = new LogFixture();
        var script = new FaultScript().On(StorageVerb.Append, Fault.LostRequest, 3);
        var one = fixture.Start(backend => new FaultyBackend(backend, script));
        await one.AppendAsync("a");

        Assert.Equal(1, await one.AppendAsync("b"));

        Assert.Equal([(0, "a"), (1, "b")], await fixture.Start().ReadAllAsync());
    }

    [Fact]
    public async Task Append_WhenTheFirstTryLandsAfterTheSecond_StandsOnce()
    {
        var fixture = new LogFixture();
        var landing = new TaskCompletionSource();
        var script = new FaultScript().On(StorageVerb.Append, Fault.LateUntil(landing.Task), 3);
        FaultyBackend? faulty = null;
        var one = fixture.Start(backend => faulty = new FaultyBackend(backend, script));
        await one.AppendAsync("a");

        Assert.Equal(1, await one.AppendAsync("b"));
        landing.SetResult();
        await faulty!.LandedAsync();
        Assert.Equal(2, await one.AppendAsync("c"));

        Assert.Equal([(0, "a"), (1, "b"), (2, "c")], await fixture.Start().ReadAllAsync());
    }

    [Fact]
    public async Task Append_OfTheSameValuesOnTwoInstancesWithLostReplies_StandsAsOftenAsItWasAcknowledged()
    {
        var fixture = new LogFixture();
        var one = fixture.Start(backend => new FaultyBackend(backend, new FaultScript().On(StorageVerb.Append, Fault.LostRequest, 3)));
        await one.AppendAsync("a");
        var other = fixture.Start();
        await other.ReadAllAsync();
        var between = fixture.Start(backend => new FaultyBackend(
            backend, new FaultScript().On(StorageVerb.Append, Fault.Before(async () => await other.AppendAsync("same")))));

        await between.AppendAsync("same");
        await one.AppendAsync("same");

        Assert.Equal(3, (await fixture.Start().ReadAllAsync()).Count(record => record.Value == "same"));
    }

    [Fact]
    public async Task Append_WhenAnotherInstanceWasFaster_GoesBehindIt()
    {
        var fixture = new LogFixture();
        var other = fixture.Start();
        await other.AppendAsync("a");
        var script = new FaultScript().On(StorageVerb.Append, Fault.Before(async () => await other.AppendAsync("b", "b2")));
        var one = fixture.Start(backend => new FaultyBackend(backend, script));

        Assert.Equal(3, await one.AppendAsync("c"));
    }

    [Theory]
    [InlineData(StorageVerb.CreateAppendBlob, 2)] // the second segment's blob
    [InlineData(StorageVerb.CommitRows, 2)] // the head touched before the seal
    [InlineData(StorageVerb.CommitRows, 3)] // the chain
    public async Task Roll_WhenAReplyIsLost_HappensOnce(StorageVerb verb, int call)
    {
        var fixture = Rolling();
        var script = new FaultScript().On(made => IsOfTheLog(made, verb), Fault.LostReply, call);
        var one = fixture.Start(backend => new FaultyBackend(backend, script));
        await RollTwiceAsync(one);

        Assert.Equal(12, (await fixture.Start().ReadAllAsync()).Count);
    }

    [Theory]
    [InlineData(StorageVerb.CreateAppendBlob, 2)]
    [InlineData(StorageVerb.CommitRows, 2)]
    [InlineData(StorageVerb.CommitRows, 3)]
    public async Task Roll_WhenARequestIsLost_HappensOnce(StorageVerb verb, int call)
    {
        var fixture = Rolling();
        var script = new FaultScript().On(made => IsOfTheLog(made, verb), Fault.LostRequest, call);
        var one = fixture.Start(backend => new FaultyBackend(backend, script));
        await RollTwiceAsync(one);

        Assert.Equal(12, (await fixture.Start().ReadAllAsync()).Count);
    }

    [Theory]
    [InlineData(StorageVerb.CreateAppendBlob, 2)]
    [InlineData(StorageVerb.CommitRows, 3)]
    public async Task Roll_WhenTheInstanceDiesInTheMiddle_IsFinishedByAnother(StorageVerb verb, int call)
    {
        var fixture = Rolling();
        var hung = new TaskCompletionSource();
        var script = new FaultScript().On(
            made => IsOfTheLog(made, verb),
            Fault.Before(() =>
            {
                hung.SetResult();
                return new TaskCompletionSource().Task;
            }),
            call);
        var dying = fixture.Start(backend => new FaultyBackend(backend, script));
        var last = RollTwiceAsync(dying);
        await hung.Task;

        var other = fixture.Start();
        var before = (await other.ReadAllAsync()).Count;
        Assert.Equal(before, await other.AppendAsync("after"));

        Assert.Equal(before + 1, (await fixture.Start().ReadAllAsync()).Count);
        Assert.False(last.IsCompleted);
    }

    [Fact]
    public async Task Append_WhenALaterTryIsRefusedAfterOneOfUnknownOutcome_IsUnknownAndNotFailed()
    {
        var fixture = new LogFixture();
        fixture.Options.AppendTimeout = TimeSpan.FromMilliseconds(500);
        var landing = new TaskCompletionSource();
        var script = new FaultScript().On(StorageVerb.Append, Fault.LateUntil(landing.Task), 3);
        var refusing = new RefusingBackend(fixture.Twin);
        FaultyBackend? faulty = null;
        var one = fixture.Start(_ => faulty = new FaultyBackend(refusing, script));
        await one.AppendAsync("a");

        refusing.Refuses = true;
        var result = await one.Log.AppendAsync(new AppendRequest([LogFixture.Batch("b")]), "test", default);
        refusing.Refuses = false;
        landing.SetResult();
        await faulty!.LandedAsync();

        Assert.Equal(ErrorCode.RequestTimedOut, result.Refusal?.Code);
        Assert.Equal(2, (await fixture.Start().ReadAllAsync()).Count);
    }

    /// <summary>Credentials that have run out, for a while.</summary>
    private sealed class RefusingBackend(IStorageBackend inner) : InterceptingBackend(inner)
    {
        public bool Refuses { get; set; }

        protected override ValueTask<Outcome<T>> InvokeAsync<T>(StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken) =>
            Refuses && call.Verb == StorageVerb.Append ? throw new StorageRefusedException("403") : proceed(cancellationToken);
    }

    [Fact]
    public async Task Append_WhenStorageStaysSilent_IsReportedAsUnknownAndNotAsFailed()
    {
        var fixture = new LogFixture();
        fixture.Options.AppendTimeout = TimeSpan.FromMilliseconds(300);
        var script = new FaultScript().On(StorageVerb.Append, Fault.Hang, 3);
        var one = fixture.Start(backend => new FaultyBackend(backend, script));
        await one.AppendAsync("a");

        var result = await one.Log.AppendAsync(new AppendRequest([LogFixture.Batch("b")]), "test", default);
        var queued = await one.Log.AppendAsync(new AppendRequest([LogFixture.Batch("c")]), "test", default);

        Assert.Equal(ErrorCode.RequestTimedOut, result.Refusal?.Code);
        Assert.Equal(ErrorCode.KafkaStorageError, queued.Refusal?.Code);
    }

    private static bool IsOfTheLog(StorageCall call, StorageVerb verb) => call.Verb == verb && call.Target != StorageLayout.DueTable;

    private static LogFixture Rolling() => new(config: LogFixture.Configured(("linger.ms", "0"), ("segment.bytes", "16384")));

    private static async Task RollTwiceAsync(LogFixture.Instance instance)
    {
        for (var i = 0; i < 12; i++)
            await instance.AppendAsync(new string('x', 3000) + i);
    }
}

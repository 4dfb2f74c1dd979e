using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Log;

/// <summary>Every storage call of a rewrite, one after the other, meets a fault before its effect or after it.</summary>
public class SegmentRewriterFaultTests
{
    [Theory]
    [InlineData(FaultKind.LostRequest)]
    [InlineData(FaultKind.LostReply)]
    [InlineData(FaultKind.Throttled)]
    [InlineData(FaultKind.Late)]
    public async Task Rewrite_WhenAnyOneCallFails_ReplacesTheSegmentOnce(FaultKind kind)
    {
        var calls = await CallsOfACleanRewriteAsync();
        for (var call = 1; call <= calls; call++)
        {
            var (fixture, source, before) = await FilledAsync();
            var landing = new TaskCompletionSource();
            var fault = kind switch
            {
                FaultKind.LostRequest => Fault.LostRequest,
                FaultKind.LostReply => Fault.LostReply,
                FaultKind.Throttled => Fault.Throttled,
                FaultKind.Late => Fault.LateUntil(landing.Task),
                FaultKind.None or FaultKind.Hang or FaultKind.Before or FaultKind.After => throw new ArgumentOutOfRangeException(nameof(kind)),
                _ => throw new ArgumentOutOfRangeException(nameof(kind)),
            };
            var script = new FaultScript().On(_ => true, fault, call);
            FaultyBackend? faulty = null;
            var instance = fixture.Start(backend => faulty = new FaultyBackend(backend, script));

            var result = await instance.RewriteAsync(fixture, source);

            Assert.True(script.IsSpent);
            Assert.True(result.Outcome == RewriteOutcome.Replaced, $"Call {call}: {result}");
            await HoldsAsync(fixture, before, result.Row);
            landing.SetResult();
            await faulty!.LandedAsync();
            await HoldsAsync(fixture, before, result.Row);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rewrite_WhenTheInstanceDiesAtAnyCall_IsDoneByAnother(bool afterTheEffect)
    {
        var calls = await CallsOfACleanRewriteAsync();
        for (var call = 1; call <= calls; call++)
        {
            var (fixture, source, before) = await FilledAsync();
            var died = new TaskCompletionSource();
            Func<Task> die = () =>
            {
                died.SetResult();
                return new TaskCompletionSource().Task;
            };
            var script = new FaultScript().On(_ => true, afterTheEffect ? Fault.After(die) : Fault.Before(die), call);
            var dead = fixture.Start(backend => new FaultyBackend(backend, script)).RewriteAsync(fixture, source);
            await died.Task;
            await HoldsAsync(fixture, before, null);

            var result = await fixture.Start().RewriteAsync(fixture, source);

            Assert.False(dead.IsCompleted);
            Assert.Equal(afterTheEffect && call == calls ? RewriteOutcome.Overtaken : RewriteOutcome.Replaced, result.Outcome);
            Assert.True((await fixture.Start().ChainAsync(fixture)).Sealed[1].IsRewritten);
            await HoldsAsync(fixture, before, result.Row);
        }
    }

    [Theory]
    [InlineData(StorageVerb.ReadRow)]
    [InlineData(StorageVerb.ReadRange)]
    [InlineData(StorageVerb.StageBlock)]
    [InlineData(StorageVerb.CommitBlocks)]
    [InlineData(StorageVerb.CommitRows)]
    public async Task Rewrite_WhenStorageStaysSilent_GivesUpAndSucceedsLater(StorageVerb verb)
    {
        var (fixture, source, before) = await FilledAsync();
        var silent = fixture.Start(backend => new FaultyBackend(backend, new FaultScript().On(verb, Fault.LostRequest, times: 1000)));

        Assert.Equal(RewriteOutcome.Unavailable, (await silent.RewriteAsync(fixture, source)).Outcome);
        await HoldsAsync(fixture, before, null);

        var result = await fixture.Start().RewriteAsync(fixture, source);
        Assert.Equal(RewriteOutcome.Replaced, result.Outcome);
        await HoldsAsync(fixture, before, result.Row);
    }

    [Fact]
    public async Task Rewrite_WhenItGaveUpAndItsReplacementLandsAfterAnothers_ChangesNothing()
    {
        var (fixture, source, before) = await FilledAsync();
        var landing = new TaskCompletionSource();
        FaultyBackend? faulty = null;
        var script = new FaultScript().On(StorageVerb.CommitRows, Fault.LateUntil(landing.Task), times: 1000);
        var late = fixture.Start(backend => faulty = new FaultyBackend(backend, script));
        Assert.Equal(RewriteOutcome.Unavailable, (await late.RewriteAsync(fixture, source)).Outcome);

        var result = await fixture.Start().RewriteAsync(fixture, source);
        landing.SetResult();
        await faulty!.LandedAsync();

        await HoldsAsync(fixture, before, result.Row);
    }

    [Fact]
    public async Task Rewrite_WhenCancelledAtAnyRange_ReplacesNothing()
    {
        var (fixture, source, before) = await FilledAsync();
        using var cancelled = new CancellationTokenSource();
        var script = new FaultScript().On(StorageVerb.CommitBlocks, Fault.After(cancelled.CancelAsync));
        var instance = fixture.Start(backend => new FaultyBackend(backend, script));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await new SegmentRewriter(instance.Context, fixture.Partition).RewriteAsync(source, cancelled.Token));

        await HoldsAsync(fixture, before, null);
        Assert.Equal(source, (await instance.ChainAsync(fixture)).Sealed[1]);
    }

    private static async Task<int> CallsOfACleanRewriteAsync()
    {
        var (fixture, source, _) = await FilledAsync();
        var instance = fixture.Start();
        await instance.RewriteAsync(fixture, source);
        Assert.Equal(StorageVerb.CommitRows, instance.Calls.Calls[^1].Verb);
        return instance.Calls.Calls.Count;
    }

    private static async Task<(LogFixture Fixture, ChainSegmentRow Source, List<(long Offset, string Value)> Records)> FilledAsync()
    {
        var fixture = new LogFixture(config: LogFixture.Configured(("linger.ms", "0"), ("segment.bytes", "16384")));
        var instance = fixture.Start();
        for (var i = 0; i < 14; i++)
            await instance.AppendAsync(new string('x', 3000) + i);
        return (fixture, (await instance.ChainAsync(fixture)).Sealed[1], await instance.ReadAllAsync());
    }

    private static async Task HoldsAsync(LogFixture fixture, List<(long Offset, string Value)> records, ChainSegmentRow? row)
    {
        var cold = fixture.Start();
        Assert.Equal(records, await cold.ReadAllAsync());
        var chain = await cold.ChainAsync(fixture);
        Assert.True(chain.IsContiguous());
        if (row is not null)
            Assert.Equal(row, chain.Sealed[1]);
    }
}

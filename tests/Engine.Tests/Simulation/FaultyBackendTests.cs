using ManagedLog.Engine.Backend;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Engine.Tests.Simulation;

/// <summary>What each fault does to the caller and to the storage behind, on the calls that the log rests on.</summary>
public sealed class FaultyBackendTests
{
    private const string Blob = "topic/000000/segment.log";
    private static readonly byte[] s_content = [1, 2, 3];
    private readonly InMemoryBackend _twin = new(TimeProvider.System);
    private readonly FaultScript _faults = new();

    [Fact]
    public async Task Append_WithoutFault_GoesThrough()
    {
        var storage = await PrepareAsync();

        var outcome = await storage.AppendAsync(Blob, 0, s_content, CancellationToken.None);

        Assert.Equal(3, outcome.Value);
        Assert.Equal(3, await LengthAsync());
    }

    [Fact]
    public async Task Append_WhenTheRequestIsLost_IsUnknownWithoutEffect()
    {
        _faults.On(StorageVerb.Append, Fault.LostRequest);
        var storage = await PrepareAsync();

        var outcome = await storage.AppendAsync(Blob, 0, s_content, CancellationToken.None);

        Assert.Equal(OutcomeStatus.Unknown, outcome.Status);
        Assert.Equal(0, await LengthAsync());
    }

    [Fact]
    public async Task Append_WhenTheReplyIsLost_IsUnknownWithEffect()
    {
        _faults.On(StorageVerb.Append, Fault.LostReply);
        var storage = await PrepareAsync();

        var outcome = await storage.AppendAsync(Blob, 0, s_content, CancellationToken.None);

        Assert.Equal(OutcomeStatus.Unknown, outcome.Status);
        Assert.Equal(3, await LengthAsync());
    }

    [Fact]
    public async Task Append_WhenThrottled_HasNoEffect()
    {
        _faults.On(StorageVerb.Append, Fault.Throttled);
        var storage = await PrepareAsync();

        var outcome = await storage.AppendAsync(Blob, 0, s_content, CancellationToken.None);

        Assert.Equal(OutcomeStatus.Throttled, outcome.Status);
        Assert.Equal(0, await LengthAsync());
    }

    [Fact]
    public async Task Append_WhenRefused_ThrowsWithoutEffect()
    {
        _faults.On(StorageVerb.Append, Fault.Refused);
        var storage = await PrepareAsync();

        await Assert.ThrowsAsync<StorageRefusedException>(async () => await storage.AppendAsync(Blob, 0, s_content, CancellationToken.None));

        Assert.Equal(0, await LengthAsync());
    }

    [Fact]
    public async Task Append_WhenLate_LandsAfterTheAnswerWithTheContentOfTheCall()
    {
        var landing = new TaskCompletionSource();
        _faults.On(StorageVerb.Append, Fault.LateUntil(landing.Task));
        var storage = await PrepareAsync();
        byte[] buffer = [7, 8, 9];

        var outcome = await storage.AppendAsync(Blob, 0, buffer, CancellationToken.None);
        buffer.AsSpan().Clear();
        var before = await LengthAsync();
        landing.SetResult();
        await storage.LandedAsync();

        Assert.Equal(OutcomeStatus.Unknown, outcome.Status);
        Assert.Equal(0, before);
        Assert.Equal([7, 8, 9], (await _twin.ReadRangeAsync(Blob, 0, 10, CancellationToken.None)).Value.Content.ToArray());
    }

    [Fact]
    public async Task Append_WhenLateAndOvertaken_MeetsItsConditionWhenItLands()
    {
        var landing = new TaskCompletionSource();
        _faults.On(StorageVerb.Append, Fault.LateUntil(landing.Task));
        var storage = await PrepareAsync();

        await storage.AppendAsync(Blob, 0, s_content, CancellationToken.None);
        await storage.AppendAsync(Blob, 0, new byte[10], CancellationToken.None);
        landing.SetResult();
        await storage.LandedAsync();

        Assert.Equal(10, await LengthAsync());
    }

    [Fact]
    public async Task CommitBlocks_WhenLateAndItsBlocksAreGone_HasNoEffectAndNobodyHearsIt()
    {
        var landing = new TaskCompletionSource();
        _faults.On(StorageVerb.CommitBlocks, Fault.LateUntil(landing.Task));
        var storage = await PrepareAsync();
        const string rewritten = "rewritten";
        await storage.StageBlockAsync(rewritten, "1", s_content, CancellationToken.None);

        var late = await storage.CommitBlocksAsync(rewritten, ["1"], CancellationToken.None);
        var made = await storage.CommitBlocksAsync(rewritten, ["1"], CancellationToken.None);
        await storage.DeleteBlobAsync(rewritten, made.Value, CancellationToken.None);
        landing.SetResult();
        await storage.LandedAsync();

        Assert.Equal(OutcomeStatus.Unknown, late.Status);
        Assert.Equal(OutcomeStatus.Missing, (await _twin.GetBlobAsync(rewritten, CancellationToken.None)).Status);
    }

    [Fact]
    public async Task Append_WhenItHangs_EndsWithTheCallersToken()
    {
        _faults.On(StorageVerb.Append, Fault.Hang);
        var storage = await PrepareAsync();
        using var patience = new CancellationTokenSource();

        var call = storage.AppendAsync(Blob, 0, s_content, patience.Token).AsTask();
        Assert.False(call.IsCompleted);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(0, await LengthAsync());
    }

    [Fact]
    public async Task Append_WhenCancelledOnItsWay_TakesEffectNevertheless()
    {
        var arrival = new TaskCompletionSource();
        _faults.On(StorageVerb.Append, Fault.Before(() => arrival.Task));
        var storage = await PrepareAsync();
        using var patience = new CancellationTokenSource();

        var call = storage.AppendAsync(Blob, 0, s_content, patience.Token).AsTask();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        arrival.SetResult();
        await storage.LandedAsync();

        Assert.Equal(3, await LengthAsync());
    }

    [Fact]
    public async Task Append_WithAStepBefore_ComesAfterIt()
    {
        _faults.On(StorageVerb.Append, Fault.Before(async () => await _twin.AppendAsync(Blob, 0, new byte[10], CancellationToken.None)));
        var storage = await PrepareAsync();

        var outcome = await storage.AppendAsync(Blob, 0, s_content, CancellationToken.None);

        Assert.True(outcome.Failed(ConditionFailure.AppendPosition));
        Assert.Equal(10, await LengthAsync());
    }

    [Fact]
    public async Task Append_WithAStepAfter_StandsBeforeItAndIsAnsweredAfterIt()
    {
        var seen = -1L;
        _faults.On(StorageVerb.Append, Fault.After(async () => seen = await LengthAsync()));
        var storage = await PrepareAsync();

        var outcome = await storage.AppendAsync(Blob, 0, s_content, CancellationToken.None);

        Assert.Equal(3, seen);
        Assert.Equal(3, outcome.Value);
    }

    [Fact]
    public async Task Script_WithOccurrenceAndTimes_TouchesExactlyThoseCalls()
    {
        _faults.On(call => call.Verb == StorageVerb.Append && call.Target == Blob, Fault.Throttled, occurrence: 2, times: 2);
        var storage = await PrepareAsync();
        var statuses = new List<OutcomeStatus>();
        for (var i = 0; i < 5; i++)
        {
            var outcome = await storage.AppendAsync(Blob, await LengthAsync(), s_content, CancellationToken.None);
            statuses.Add(outcome.Status);
        }

        Assert.Equal([OutcomeStatus.Done, OutcomeStatus.Throttled, OutcomeStatus.Throttled, OutcomeStatus.Done, OutcomeStatus.Done], statuses);
    }

    [Fact]
    public async Task Script_UntilEachFaultWasPlaced_IsNotSpent()
    {
        _faults.On(StorageVerb.Append, Fault.LostReply).On(StorageVerb.CommitRows, Fault.LostReply);
        var storage = await PrepareAsync();

        await storage.AppendAsync(Blob, 0, s_content, CancellationToken.None);
        Assert.False(_faults.IsSpent);
        await storage.CommitRowsAsync("rows", new RowBatch("p").Insert("r", new Dictionary<string, RowValue> { ["A"] = 1 }), CancellationToken.None);

        Assert.True(_faults.IsSpent);
        Assert.True((await _twin.ReadRowAsync("rows", new RowAddress("p", "r"), CancellationToken.None)).IsDone);
    }

    private async Task<FaultyBackend> PrepareAsync()
    {
        await _twin.PrepareAsync(["rows"], CancellationToken.None);
        await _twin.CreateAppendBlobAsync(Blob, CancellationToken.None);
        return new FaultyBackend(_twin, _faults);
    }

    private async Task<long> LengthAsync() => (await _twin.GetBlobAsync(Blob, CancellationToken.None)).Value.Length;
}

using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Simulation.Faults;

namespace ManagedLog.Functions.Tests.V2.Consumers;

/// <summary>Storage that does not answer while an instance's state is written: nothing is passed over, and what can be settled is given once.</summary>
public sealed class PollFaultTests : IAsyncLifetime
{
    private readonly FaultScript _faults = new();
    private TwoServices _services = null!;

    public async Task InitializeAsync() =>
        _services = await TwoServices.StartAsync(new FaultyBackend(new InMemoryBackend(TimeProvider.System), _faults, TimeProvider.System), TimeProvider.System);

    public async Task DisposeAsync() => await _services.DisposeAsync();

    private static bool IsInstance(StorageCall call) => call.Verb == StorageVerb.CommitRows && call.Key.Contains("instance-", StringComparison.Ordinal);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Poll_WhoseNoteIsLost_GivesItsRecordsOnce(bool reply)
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.ProduceAsync(topic, 3);
        var instance = await _services.SubscribedAsync("g", topic);
        Assert.Equal(["0:0"], await _services.PollAsync(instance, "timeout=1000&count=1"));
        _faults.On(IsInstance, reply ? Fault.LostReply : Fault.LostRequest);
        Assert.Equal(["0:1"], await _services.PollAsync(instance, "timeout=1000&count=1"));
        Assert.Equal(["0:2"], await _services.PollAsync(instance));
        Assert.True(_faults.IsSpent);
    }

    [Fact]
    public async Task Poll_WhoseNoteNobodyCanTellOf_GivesItsRecords_PerhapsOnceMore()
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.ProduceAsync(topic, 2);
        var instance = await _services.AssignedAsync("g", topic, 0);
        Assert.Equal(["0:0"], await _services.PollAsync(instance, "timeout=1000&count=1"));
        _faults.On(IsInstance, Fault.LostRequest, times: 4);
        Assert.Equal(["0:1"], await _services.PollAsync(instance));
        Assert.Equal(["0:1"], await _services.PollAsync(instance));
        Assert.Empty(await _services.PollAsync(instance));
        Assert.True(_faults.IsSpent);
    }

    [Fact]
    public async Task Poll_WhoseNoteStorageIsTooBusyFor_SaysSo_AndGivesItsRecordsNextTime()
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.ProduceAsync(topic, 1);
        var instance = await _services.AssignedAsync("g", topic, 0);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/positions/beginning", TwoServices.Partitions(topic, 0));
        _faults.On(IsInstance, Fault.Throttled, times: 4);
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{instance}/records?timeout=0", null, 503, 50003);
        Assert.Equal(["0:0"], await _services.PollAsync(instance));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Calls_WhoseWriteIsLost_AreDoneOnce(bool reply)
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.ProduceAsync(topic, 2);
        var fault = reply ? Fault.LostReply : Fault.LostRequest;
        _faults.On(IsInstance, fault);
        var instance = await _services.CreateAsync("g");
        _faults.On(IsInstance, fault);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription", $$"""{"topics":["{{topic}}"]}""");
        Assert.Equal(2, (await _services.PollAsync(instance, "timeout=1000")).Count);
        _faults.On(call => call.Verb == StorageVerb.CommitRows && call.Key.Contains("offset-", StringComparison.Ordinal), fault);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/offsets");
        _faults.On(IsInstance, fault);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/positions/beginning", TwoServices.Partitions(topic, 0));
        Assert.Equal(2, (await _services.PollAsync(instance)).Count);
        Assert.Equal(2, (await _services.CommittedAsync(instance, topic, 0))[0]);
        _faults.On(IsInstance, fault);
        await _services.DoneAsync(HttpMethod.Delete, instance);
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{instance}/assignments", null, 404, 40403);
        Assert.True(_faults.IsSpent);
    }

    [Fact]
    public async Task Delete_ThatStorageIsTooBusyFor_IsToBeSentAgain()
    {
        var topic = await _services.One.CreateTopicAsync();
        var instance = await _services.SubscribedAsync("g", topic);
        await _services.PollAsync(instance);
        _faults.On(IsInstance, Fault.Throttled, times: 4);
        await _services.ExpectErrorAsync(HttpMethod.Delete, instance, null, 503, 50003);
        await _services.DoneAsync(HttpMethod.Delete, instance);
    }

    [Fact]
    public async Task Poll_WhoseClientHasGone_IsGivenToTheNext()
    {
        var topic = await _services.One.CreateTopicAsync();
        var instance = await _services.AssignedAsync("g", topic, 0);
        await _services.PollAsync(instance);
        using var gone = new CancellationTokenSource();
        using var departures = new Departures(_services.One, "/records");
        var landed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _faults.On(IsInstance, Fault.After(async () =>
        {
            await gone.CancelAsync();
            await landed.Task;
        }));
        var polling = _services.One.Client.GetAsync($"{instance}/records?timeout=60000", gone.Token);
        await _services.ProduceAsync(topic, 1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => polling);
        await departures.Noticed;
        var undone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _faults.On(IsInstance, Fault.After(() =>
        {
            undone.SetResult();
            return Task.CompletedTask;
        }));
        landed.SetResult();
        await undone.Task;
        Assert.Equal(["0:0"], await _services.PollAsync(instance));
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Simulation.Faults;
using ManagedLog.Testing;

namespace ManagedLog.Functions.Tests.V2.Consumers;

/// <summary>Polls of one instance that would join its group at the same time, on two services: one joins, and the others go on with what it notes.</summary>
public sealed class JoinRaceTests : IAsyncLifetime
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_claim = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(3.1);

    private readonly FaultScript _faults = new();
    private readonly ManualTimeProvider _time = new();
    private TwoServices _services = null!;

    public async Task InitializeAsync() => _services = await TwoServices.StartAsync(new FaultyBackend(new InMemoryBackend(_time), _faults, _time), _time);

    public async Task DisposeAsync() => await _services.DisposeAsync();

    /// <summary>The first thing that a join reads.</summary>
    private static bool IsHeadRead(StorageCall call) => call.Verb == StorageVerb.ReadRow && call.Key.EndsWith("head", StringComparison.Ordinal);

    private static bool IsInstance(StorageCall call) => call.Verb == StorageVerb.CommitRows && call.Key.Contains("instance-", StringComparison.Ordinal);

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public async Task Polls_WhileAnotherOneJoins_WaitForIt_AndGoOnBehindWhatItGave(bool hasJoined, int others)
    {
        var instance = await SubscribedAsync();
        var waiting = new List<Task<List<string>>>();
        var gate = hasJoined ? Fault.Before(BeginAsync) : Fault.After(BeginAsync);
        _faults.On(IsInstance, gate, occurrence: hasJoined ? 2 : 1);
        Assert.Equal(["0:0"], await _services.PollAsync(instance, "timeout=0&count=1"));
        Assert.True(_faults.IsSpent);
        _time.Advance(s_look);
        List<string> given = [.. (await Task.WhenAll(waiting)).SelectMany(records => records)];
        Assert.Equal(others, given.Count);
        given.AddRange(await _services.PollAsync(instance));
        Assert.Equal(["0:1", "0:2", "0:3"], given.Order());
        await ExpectOneMemberAndNothingLeftAsync(instance);

        async Task BeginAsync()
        {
            Assert.Empty(await _services.PollAsync(instance));
            for (var i = 0; i < others; i++)
                waiting.Add(_services.PollAsync(instance, "timeout=60000&count=1"));
            await _time.WhenWaitingAsync(s_look);
            Assert.DoesNotContain(waiting, poll => poll.IsCompleted);
        }
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task Poll_AfterOneThatDiedAsItJoined_JoinsWhenTheClaimIsOld(int write, bool isBefore)
    {
        var instance = await SubscribedAsync();
        _faults.On(IsInstance, isBefore || write == 2 ? Fault.Before(Die) : Fault.After(Die), occurrence: write);
        using (var died = await _services.SendAsync(HttpMethod.Get, $"{instance}/records?timeout=0"))
            Assert.Equal(500, (int)died.StatusCode);
        Assert.True(_faults.IsSpent);
        if (!isBefore)
        {
            Assert.Empty(await _services.PollAsync(instance));
            await _services.GetAsync($"{instance}/assignments");
            _time.Advance(s_claim - TimeSpan.FromMilliseconds(1));
            Assert.Empty(await _services.PollAsync(instance));
            await _services.GetAsync($"{instance}/assignments");
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(["0:0", "0:1", "0:2", "0:3"], await _services.PollAsync(instance));
        await ExpectOneMemberAndNothingLeftAsync(instance);

        static Task Die() => throw new InvalidOperationException("The service dies here.");
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public async Task Poll_WhoseClaimOrNoteIsLost_JoinsOnce(int write, bool reply)
    {
        var instance = await SubscribedAsync();
        _faults.On(IsInstance, reply ? Fault.LostReply : Fault.LostRequest, occurrence: write);
        var polling = _services.PollAsync(instance);
        while (!polling.IsCompleted)
        {
            // Only the pause before a write is tried again is so short.
            if (_time.Waiting is [var next, ..] && next < s_retry)
                _time.Advance(next);
            await Task.Yield();
        }

        Assert.Equal(4, (await polling).Count);
        Assert.True(_faults.IsSpent);
        await ExpectOneMemberAndNothingLeftAsync(instance);
    }

    [Fact]
    public async Task Poll_OfAnInstanceThatSubscribesAnewMeanwhile_TellsTheGroup()
    {
        var instance = await SubscribedAsync();
        await _services.One.CreateTopicAsync(1, ("linger.ms", "0"));
        _faults.On(IsHeadRead, Fault.Before(() => _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription", """{"topics":["topic-2"]}""")));
        await _services.PollAsync(instance);
        Assert.True(_faults.IsSpent);
        await _services.ProduceAsync("topic-2", 1);
        Assert.Equal(["0:0"], await _services.PollAsync(instance));
        Assert.Equal("topic-2", (string)(await _services.GetAsync($"{instance}/assignments"))["partitions"]!.AsArray().Single()!["topic"]!);
    }

    [Theory]
    [InlineData(true, 404, 40403)]
    [InlineData(false, 409, 40903)]
    public async Task Poll_OfAnInstanceThatEndsMeanwhile_LeavesNoMember(bool isDeleted, int status, int code)
    {
        var instance = await SubscribedAsync();
        _faults.On(IsHeadRead, Fault.Before(() => _services.DoneAsync(HttpMethod.Delete, isDeleted ? instance : $"{instance}/subscription")));
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{instance}/records?timeout=0", null, status, code);
        Assert.True(_faults.IsSpent);
        Assert.Empty((await _services.GetAsync(_services.One.V3("/consumer-groups/g/consumers")))["data"]!.AsArray());
    }

    private async Task<string> SubscribedAsync()
    {
        var topic = await _services.One.CreateTopicAsync(1, ("linger.ms", "0"));
        await _services.ProduceAsync(topic, 4);
        return await _services.SubscribedAsync("g", topic, "\"session.timeout.ms\":10000");
    }

    /// <summary>Also after the group has heard of the instance again.</summary>
    private async Task ExpectOneMemberAndNothingLeftAsync(string instance)
    {
        Assert.Empty(await _services.PollAsync(instance));
        _time.Advance(s_heartbeat);
        Assert.Empty(await _services.PollAsync(instance));
        var consumers = await _services.GetAsync(_services.One.V3("/consumer-groups/g/consumers"));
        Assert.Equal([instance.Split('/')[^1]], consumers["data"]!.AsArray().Select(consumer => (string)consumer!["consumer_id"]!));
    }
}

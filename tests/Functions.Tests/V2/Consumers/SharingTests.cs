using System.Text.Json.Nodes;
using ManagedLog.Testing;

namespace ManagedLog.Functions.Tests.V2.Consumers;

/// <summary>Several instances of one group, which come and go. The clock stands unless a test moves it, so that members are heard of only when it says so.</summary>
public sealed class SharingTests : IAsyncLifetime
{
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(3.1);

    private readonly ManualTimeProvider _time = new();
    private TwoServices _services = null!;

    public async Task InitializeAsync() => _services = await TwoServices.StartAsync(_time);

    public async Task DisposeAsync() => await _services.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Instances_ShareThePartitions_AndWhatMovesGoesOnWhereItWasCommitted(bool autoCommit)
    {
        var topic = await _services.One.CreateTopicAsync(4, ("linger.ms", "0"));
        for (var partition = 0; partition < 4; partition++)
            await _services.ProduceAsync(topic, 2, partition);
        var first = await _services.SubscribedAsync("g", topic, autoCommit: autoCommit);
        Assert.Equal(8, (await _services.PollAsync(first)).Count);
        if (!autoCommit)
            await _services.DoneAsync(HttpMethod.Post, $"{first}/offsets");
        for (var partition = 0; partition < 4; partition++)
            await _services.ProduceAsync(topic, 1, partition);
        var second = await _services.SubscribedAsync("g", topic, autoCommit: autoCommit);

        Assert.Empty(await _services.PollAsync(second));
        _time.Advance(s_heartbeat);
        var given = await _services.PollAsync(first);
        _time.Advance(s_heartbeat);
        given.AddRange(await _services.PollAsync(second));

        Assert.Equal(["0:2", "1:2", "2:2", "3:2"], given.Order());
        var (mine, others) = (await _services.AssignmentAsync(first), await _services.AssignmentAsync(second));
        Assert.Equal((2, 2), (mine.Count, others.Count));
        Assert.Equal([0, 1, 2, 3], mine.Concat(others).Order());
    }

    [Fact]
    public async Task Instance_ThatIsDeleted_GivesItsPartitionsUpAtOnce()
    {
        var topic = await _services.One.CreateTopicAsync(2, ("linger.ms", "0"));
        var first = await _services.SubscribedAsync("g", topic);
        await _services.PollAsync(first);
        await _services.DoneAsync(HttpMethod.Delete, first);
        var second = await _services.SubscribedAsync("g", topic);
        await _services.PollAsync(second);
        Assert.Equal([0, 1], await _services.AssignmentAsync(second));
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 3)]
    public async Task Instance_WhosePollWaitsLongerThanItsSession_LivesOn(bool isSubscribed, int wakes)
    {
        const string session = "\"session.timeout.ms\":6000";
        var topic = await _services.One.CreateTopicAsync(1, ("linger.ms", "0"));
        var instance = isSubscribed ? await _services.SubscribedAsync("g", topic, session) : await _services.CreateAsync("g", session);
        if (!isSubscribed)
            await _services.DoneAsync(HttpMethod.Post, $"{instance}/assignments", TwoServices.Partitions(topic, 0));
        Assert.Empty(await _services.PollAsync(instance));
        var waiting = _services.PollAsync(instance, "timeout=60000");
        for (var waited = 0; waited < 20; waited += wakes)
        {
            await _time.WhenWaitingAsync(TimeSpan.FromSeconds(wakes));
            _time.Advance(TimeSpan.FromSeconds(wakes));
        }

        await _time.WhenWaitingAsync(TimeSpan.FromSeconds(wakes));
        await _services.ProduceAsync(topic, 1);
        Assert.Equal(["0:0"], await waiting);
    }

    [Fact]
    public async Task Instance_ThatNobodyCalls_LosesItsPartitionsAfterItsSession()
    {
        var topic = await _services.One.CreateTopicAsync(2, ("linger.ms", "0"));
        await _services.ProduceAsync(topic, 1);
        var dead = await _services.SubscribedAsync("g", topic, "\"session.timeout.ms\":6000");
        Assert.Equal(["0:0"], await _services.PollAsync(dead));
        var second = await _services.SubscribedAsync("g", topic);
        var given = await _services.PollAsync(second);
        for (var i = 0; i < 4; i++)
        {
            _time.Advance(s_heartbeat);
            given.AddRange(await _services.PollAsync(second));
        }

        Assert.Equal([0, 1], await _services.AssignmentAsync(second));
        Assert.Equal(["0:0"], given);
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{dead}/records", null, 404, 40403);
    }

    [Fact]
    public async Task Instance_WhoseMemberIsGone_ComesBackByItself_FromWhereTheGroupStands()
    {
        var topic = await _services.One.CreateTopicAsync(1, ("linger.ms", "0"));
        await _services.ProduceAsync(topic, 2);
        var instance = await _services.SubscribedAsync("g", topic);
        Assert.Equal(2, (await _services.PollAsync(instance)).Count);
        using var left = await _services.SendAsync(HttpMethod.Delete, _services.One.V3($"/consumer-groups/g/members/{instance.Split('/')[^1]}"));
        Assert.Equal(204, (int)left.StatusCode);
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{instance}/offsets", null, 409, 40903);
        _time.Advance(s_heartbeat);
        Assert.Equal(["0:0", "0:1"], await _services.PollAsync(instance));
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/offsets");
    }

    [Fact]
    public async Task Subscription_ThatIsChanged_CountsFromTheNextPollOn()
    {
        var (one, other) = (await _services.One.CreateTopicAsync(1, ("linger.ms", "0")), await _services.One.CreateTopicAsync(1, ("linger.ms", "0")));
        await _services.ProduceAsync(one, 1);
        await _services.ProduceAsync(other, 2);
        var instance = await _services.SubscribedAsync("g", one);
        Assert.Single(await _services.PollAsync(instance));
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription", $$"""{"topics":["{{other}}"]}""");
        Assert.Equal(["0:0", "0:1"], await _services.PollAsync(instance));
        Assert.Equal([other], (await _services.GetAsync($"{instance}/assignments"))["partitions"]!.AsArray().Select(partition => (string)partition!["topic"]!));
        await _services.DoneAsync(HttpMethod.Delete, $"{instance}/subscription");
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{instance}/records", null, 409, 40903);
        Assert.Equal("EMPTY", (string)(await _services.GetAsync(_services.One.V3("/consumer-groups/g")))["state"]!);
    }

    [Fact]
    public async Task Pattern_TakesInTopicsThatAppearLater()
    {
        var instance = await _services.CreateAsync("g");
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription", """{"topic_pattern":"topic-.*"}""");
        Assert.Empty(await _services.PollAsync(instance));
        var topic = await _services.One.CreateTopicAsync(2, ("linger.ms", "0"));
        await _services.ProduceAsync(topic, 1, partition: 1);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["1:0"], await _services.PollAsync(instance));
    }

    [Fact]
    public async Task Assignment_OfTheWholeTopic_IsAllOfIt_WhateverTheGroupDoes()
    {
        var topic = await _services.One.CreateTopicAsync(2, ("linger.ms", "0"));
        await _services.ProduceAsync(topic, 1);
        await _services.PollAsync(await _services.SubscribedAsync("g", topic));
        Assert.Equal(["0:0"], await _services.PollAsync(await _services.AssignedAsync("g", topic, 0, 1)));
    }

    [Fact]
    public async Task Topic_ThatIsMadeAgain_IsReadFromItsBeginning()
    {
        var topic = await _services.One.CreateTopicAsync(1, ("linger.ms", "0"));
        await _services.ProduceAsync(topic, 3);
        var (subscribed, assigned) = (await _services.SubscribedAsync("g", topic), await _services.AssignedAsync("h", topic, 0));
        Assert.Equal((3, 3), ((await _services.PollAsync(subscribed)).Count, (await _services.PollAsync(assigned)).Count));
        using var deleted = await _services.SendAsync(HttpMethod.Delete, _services.One.V3($"/topics/{topic}"));
        Assert.Equal(204, (int)deleted.StatusCode);
        using var made = await _services.SendAsync(HttpMethod.Post, _services.One.V3("/topics"), $$"""{"topic_name":"{{topic}}"}""", type: "application/json");
        Assert.Equal(201, (int)made.StatusCode);
        _time.Advance(TimeSpan.FromSeconds(10));
        await _services.ProduceAsync(topic, 1);
        Assert.Equal(["0:0"], await _services.PollAsync(subscribed));
        Assert.Equal(["0:0"], await _services.PollAsync(assigned));
    }
}

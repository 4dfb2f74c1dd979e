using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Testing;

namespace ManagedLog.Functions.Tests.V2.Consumers;

public sealed class CommitTests : IAsyncLifetime
{
    private TwoServices _services = null!;

    public async Task InitializeAsync() => _services = await TwoServices.StartAsync();

    public async Task DisposeAsync() => await _services.DisposeAsync();

    [Fact]
    public async Task Commit_OfTheLastProcessedRecord_IsTheNextOneToRead()
    {
        var topic = await _services.One.CreateTopicAsync();
        var instance = await _services.AssignedAsync("g", topic, 0);
        Assert.Empty(await _services.CommittedAsync(instance, topic, 0));
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/offsets", TwoServices.Offsets(topic, (0, 0)));
        Assert.Equal(1, (await _services.CommittedAsync(instance, topic, 0))[0]);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/offsets/", TwoServices.Offsets(topic, (0, 1)));
        Assert.Equal(2, (await _services.CommittedAsync(instance, topic, 0))[0]);
    }

    [Fact]
    public async Task Commit_UnderPartitions_IsTheNextOneItself()
    {
        var topic = await _services.One.CreateTopicAsync();
        var instance = await _services.AssignedAsync("g", topic, 0);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/offsets", TwoServices.Offsets(topic, (0, 5)).Replace("offsets", "partitions", StringComparison.Ordinal));
        Assert.Equal(5, (await _services.CommittedAsync(instance, topic, 0))[0]);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("{}", true)]
    [InlineData(null, false)]
    public async Task Commit_OfNothing_IsAllThatWasGivenOut(string? body, bool isSubscribed)
    {
        var topic = await _services.One.CreateTopicAsync(partitions: 2);
        await _services.ProduceAsync(topic, 3, partition: 0);
        await _services.ProduceAsync(topic, 2, partition: 1);
        var instance = isSubscribed ? await _services.SubscribedAsync("g", topic) : await _services.AssignedAsync("g", topic, 0, 1);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/offsets", body);
        Assert.Empty(await _services.CommittedAsync(instance, topic, 0, 1));
        Assert.Single(await _services.PollAsync(instance, "timeout=1000&count=1"));
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/offsets", body);
        Assert.Equal(1, (await _services.CommittedAsync(instance, topic, 0, 1)).Values.Sum());
        Assert.Equal(4, (await _services.PollAsync(instance)).Count);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/offsets", body);
        var committed = await _services.CommittedAsync(instance, topic, 0, 1);
        Assert.Equal((3, 2), (committed[0], committed[1]));
    }

    [Fact]
    public async Task Committed_CanBeAskedForByBodyByQueryAndByPost()
    {
        var topic = await _services.One.CreateTopicAsync(partitions: 2);
        var instance = await _services.AssignedAsync("g", topic, 0, 1);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/offsets", $$"""{"offsets":[{"topic":"{{topic}}","partition":1,"offset":6,"metadata":"note"}]}""");
        var expected = $$"""{"offsets":[{"topic":"{{topic}}","partition":1,"offset":7,"metadata":"note"}]}""";
        foreach (var (method, path, body) in new[]
        {
            (HttpMethod.Get, "/offsets", TwoServices.Partitions(topic, 0, 1)), (HttpMethod.Post, "/offsets:fetch", TwoServices.Partitions(topic, 1)),
            (HttpMethod.Get, $"/offsets?topic={topic}&partition=1", (string?)null), (HttpMethod.Get, $"/offsets?topic={topic}", null), (HttpMethod.Get, "/offsets", null),
        })
            Assert.Equal(expected, (await _services.JsonAsync(method, instance + path, body)).ToJsonString());
        Assert.Empty((await _services.GetAsync($"{instance}/offsets?topic={topic}&partition=0"))["offsets"]!.AsArray());
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{instance}/offsets?topic={topic}&partition=x", null, 400, 40002);
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{instance}/offsets?partition=1", null, 400, 40002);
    }

    [Theory]
    [InlineData("""{"offsets":[{"topic":"t","partition":0}]}""", 422)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":-1}]}""", 422)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":"x"}]}""", 400)]
    [InlineData("""{"offsets":{}}""", 400)]
    [InlineData("""{"offset":[]}""", 422)]
    [InlineData("[]", 400)]
    public async Task Commit_WhenTheFormIsWrong_IsRefused(string body, int status)
    {
        var instance = await _services.CreateAsync("g");
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{instance}/offsets", body, status, status);
    }

    [Fact]
    public async Task Commit_OfATopicThatIsNotThere_OrAPartitionThatItDoesNotHave_IsRefused()
    {
        var topic = await _services.One.CreateTopicAsync();
        var other = await _services.One.CreateTopicAsync();
        var assigned = await _services.AssignedAsync("g1", topic, 0);
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{assigned}/offsets", TwoServices.Offsets("no-such-topic", (0, 1)), 404, 40403);
        var subscribed = await _services.SubscribedAsync("g2", topic);
        await _services.PollAsync(subscribed);
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{subscribed}/offsets", TwoServices.Offsets(other, (0, 1)), 409, 40903, other);
    }

    [Fact]
    public async Task Commit_PastTheGroup_WhileItHasMembers_IsRefused()
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.PollAsync(await _services.SubscribedAsync("g", topic));
        var assigned = await _services.AssignedAsync("g", topic, 0);
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{assigned}/offsets", TwoServices.Offsets(topic, (0, 1)), 409, 40903);
    }

    [Fact]
    public async Task NewInstance_BeginsWhereTheGroupStands()
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.ProduceAsync(topic, 5);
        var first = await _services.SubscribedAsync("g", topic);
        await _services.PollAsync(first, "timeout=1000");
        await _services.DoneAsync(HttpMethod.Post, $"{first}/offsets", TwoServices.Offsets(topic, (0, 2)));
        await _services.DoneAsync(HttpMethod.Delete, first);
        Assert.Equal(["0:3", "0:4"], await _services.PollAsync(await _services.SubscribedAsync("g", topic), "timeout=1000"));
        Assert.Equal(["0:3", "0:4"], await _services.PollAsync(await _services.AssignedAsync("g", topic, 0), "timeout=1000"));
    }

    [Fact]
    public async Task AutomaticCommit_TakesWhatTheClientHasComeBackFor_EveryFiveSeconds_AndAtTheEnd()
    {
        var time = new ManualTimeProvider();
        await using var services = await TwoServices.StartAsync(time);
        var topic = await services.One.CreateTopicAsync(1, ("linger.ms", "0"));
        await services.ProduceAsync(topic, 3);
        var instance = await services.SubscribedAsync("g", topic, autoCommit: true);
        Assert.Equal(["0:0"], await services.PollAsync(instance, "timeout=0&count=1"));
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Empty(await services.CommittedAsync(instance, topic, 0));
        Assert.Equal(["0:1"], await services.PollAsync(instance, "timeout=0&count=1"));
        Assert.Equal(1, (await services.CommittedAsync(instance, topic, 0))[0]);
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(["0:2"], await services.PollAsync(instance));
        Assert.Equal(1, (await services.CommittedAsync(instance, topic, 0))[0]);
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Empty(await services.PollAsync(instance));
        Assert.Equal(3, (await services.CommittedAsync(instance, topic, 0))[0]);
        await services.ProduceAsync(topic, 1);
        Assert.Equal(["0:3"], await services.PollAsync(instance));
        await services.DoneAsync(HttpMethod.Delete, instance);
        var next = await services.SubscribedAsync("g", topic);
        Assert.Equal(4, (await services.CommittedAsync(next, topic, 0))[0]);
    }

    [Fact]
    public async Task AutomaticCommit_TakesNothingThatAnExpiredInstanceMayNeverHaveWorkedOn()
    {
        var time = new ManualTimeProvider();
        await using var services = await TwoServices.StartAsync(time);
        var topic = await services.One.CreateTopicAsync(1, ("linger.ms", "0"));
        await services.ProduceAsync(topic, 1);
        var instance = await services.SubscribedAsync("g", topic, "\"session.timeout.ms\":5000", autoCommit: true);
        Assert.Equal(["0:0"], await services.PollAsync(instance));
        time.Advance(TimeSpan.FromSeconds(6));
        await services.ExpectErrorAsync(HttpMethod.Delete, instance, null, 404, 40403);
        Assert.Equal(["0:0"], await services.PollAsync(await services.SubscribedAsync("g", topic)));
    }
}

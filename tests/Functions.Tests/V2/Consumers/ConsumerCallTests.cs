using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Security;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing;

namespace ManagedLog.Functions.Tests.V2.Consumers;

/// <summary>Creating, subscribing, assigning, ending: each request on another service than the one before.</summary>
public sealed class ConsumerCallTests : IAsyncLifetime
{
    private TwoServices _services = null!;

    public async Task InitializeAsync() => _services = await TwoServices.StartAsync();

    public async Task DisposeAsync() => await _services.DisposeAsync();

    [Fact]
    public async Task Create_WithoutAName_MakesOneUp()
    {
        var one = await _services.JsonAsync(HttpMethod.Post, "/consumers/g");
        var other = await _services.JsonAsync(HttpMethod.Post, "/consumers/g", "{}");
        Assert.NotEqual((string)one["instance_id"]!, (string)other["instance_id"]!);
        Assert.EndsWith($"/consumers/g/instances/{one["instance_id"]}", (string)one["base_uri"]!, StringComparison.Ordinal);
        Assert.True(Uri.TryCreate((string)one["base_uri"]!, UriKind.Absolute, out _));
    }

    [Fact]
    public async Task Create_BehindAGateway_NamesTheAddressThatTheClientUses()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/consumers/g");
        request.Headers.Add("Forwarded", "host=my-gateway:443;proto=https");
        request.Headers.Add("X-Forwarded-Path", "/bridge/consumers/g");
        request.Headers.Add("Authorization", "Bearer " + SecureService.AdminKey);
        using var answer = await _services.One.Client.SendAsync(request);
        var created = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal($"https://my-gateway:443/bridge/consumers/g/instances/{created["instance_id"]}", (string)created["base_uri"]!);
    }

    [Fact]
    public async Task Create_OfANameThatExists_IsRefused_ButNotInAnotherGroup()
    {
        const string body = """{"name":"same"}""";
        await _services.JsonAsync(HttpMethod.Post, "/consumers/g1", body);
        await _services.ExpectErrorAsync(HttpMethod.Post, "/consumers/g1", body, 409, 40902, "same", "g1");
        await _services.JsonAsync(HttpMethod.Post, "/consumers/g2", body);
        await _services.DoneAsync(HttpMethod.Delete, "/consumers/g1/instances/same");
        await _services.JsonAsync(HttpMethod.Post, "/consumers/g1", body);
    }

    [Fact]
    public async Task Create_WithSettingsThatMeanNothingHere_SaysSo()
    {
        using var answer = await _services.SendAsync(HttpMethod.Post, "/consumers/g", """{"isolation.level":"read_committed","max.poll.interval.ms":1}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("isolation.level, max.poll.interval.ms", answer.Headers.GetValues("Warning").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", 400)]
    [InlineData("{", 400)]
    [InlineData("""{"name":1}""", 400)]
    [InlineData("""{"surprise":1}""", 422)]
    [InlineData("""{"name":".."}""", 422)]
    [InlineData("""{"name":"😀"}""", 422)]
    public async Task Create_WhenTheFormIsWrong_IsRefused(string body, int status) => await _services.ExpectErrorAsync(HttpMethod.Post, "/consumers/g", body, status, status);

    [Theory]
    [InlineData(TestService.V2)]
    [InlineData(TestService.Json)]
    [InlineData(TestService.Binary)]
    [InlineData("application/vnd.kafka.avro.v2+json")]
    [InlineData("application/json; charset=utf-8")]
    public async Task Calls_TakeEveryTypeOfV2(string type)
    {
        using var answer = await _services.SendAsync(HttpMethod.Post, "/consumers/g", "{}", type.Split(';')[0], type);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type.Split(';')[0], answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Calls_OfOtherTypes_AreRefused()
    {
        using var body = await _services.SendAsync(HttpMethod.Post, "/consumers/g", "{}", type: "text/plain");
        await TestService.ExpectErrorAsync(body, 415, 415);
        using var accept = await _services.SendAsync(HttpMethod.Post, "/consumers/g", "{}", "text/html");
        await TestService.ExpectErrorAsync(accept, 406, 406);
    }

    [Fact]
    public async Task Calls_OnAnInstanceThatIsNotThere_SaySo()
    {
        const string instance = "/consumers/g/instances/nope";
        var topic = TwoServices.Partitions("t", 0);
        foreach (var (method, path, body) in new[]
        {
            (HttpMethod.Delete, "", (string?)null), (HttpMethod.Post, "/subscription", """{"topics":["t"]}"""), (HttpMethod.Get, "/subscription", null), (HttpMethod.Delete, "/subscription", null),
            (HttpMethod.Post, "/assignments", topic), (HttpMethod.Get, "/assignments", null), (HttpMethod.Post, "/positions", TwoServices.Offsets("t", (0, 1))),
            (HttpMethod.Post, "/positions/beginning", topic), (HttpMethod.Post, "/positions/end", topic), (HttpMethod.Get, "/records", null), (HttpMethod.Post, "/offsets", null),
            (HttpMethod.Get, "/offsets", null), (HttpMethod.Post, "/offsets:fetch", topic),
        })
        {
            await _services.ExpectErrorAsync(method, instance + path, body, 404, 40403, "nope");
            await _services.ExpectErrorAsync(method, instance + path + "/", body, 404, 40403, "nope");
        }
    }

    [Fact]
    public async Task Subscription_ReplacesTheOneBefore_UntilItIsDeleted()
    {
        var instance = await _services.CreateAsync("g");
        Assert.Empty((await _services.GetAsync($"{instance}/subscription"))["topics"]!.AsArray());
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription/", """{"topics":["a","b","a"]}""");
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription", """{"topics":["c"]}""");
        Assert.Equal(["c"], (await _services.GetAsync($"{instance}/subscription/"))["topics"]!.AsArray().Select(topic => (string)topic!));
        await _services.DoneAsync(HttpMethod.Delete, $"{instance}/subscription");
        Assert.Empty((await _services.GetAsync($"{instance}/subscription"))["topics"]!.AsArray());
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription", """{"topics":["c"]}""");
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription", """{"topics":[]}""");
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/assignments", TwoServices.Partitions("t", 0));
    }

    [Fact]
    public async Task SubscriptionAndAssignment_ExcludeEachOther()
    {
        var instance = await _services.CreateAsync("g");
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/assignments", TwoServices.Partitions("t", 1, 0, 1));
        Assert.Equal([0, 1], await _services.AssignmentAsync(instance));
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{instance}/subscription", """{"topics":["t"]}""", 409, 40903);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/assignments", """{"partitions":[]}""");
        Assert.Empty(await _services.AssignmentAsync(instance));
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription", """{"topic_pattern":"t.*"}""");
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{instance}/assignments", TwoServices.Partitions("t", 0), 409, 40903);
    }

    [Fact]
    public async Task Subscribe_ToMoreNamesThanAMemberCanHave_IsRefused_AndChangesNothing()
    {
        var instance = await _services.SubscribedAsync("g", "t");
        var body = $$"""{"topics":[{{string.Join(',', Enumerable.Range(100, 151).Select(i => $"\"{i}{new string('t', 196)}\""))}}]}""";
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{instance}/subscription", body, 422, 422, "topic_pattern");
        Assert.Equal("t", (string)(await _services.GetAsync($"{instance}/subscription"))["topics"]!.AsArray().Single()!);
    }

    [Theory]
    [InlineData("""{"topics":["t"],"topic_pattern":"t"}""", 409, 40903)]
    [InlineData("{}", 422, 422)]
    [InlineData("", 422, 422)]
    [InlineData("""{"topic_pattern":["t"]}""", 400, 400)]
    [InlineData("""{"topic_pattern":"("}""", 422, 422)]
    [InlineData("""{"topics":"t"}""", 400, 400)]
    [InlineData("""{"topics":[1]}""", 400, 400)]
    [InlineData("""{"topics":["a b"]}""", 422, 422)]
    [InlineData("""{"topics":["t"],"more":1}""", 422, 422)]
    public async Task Subscribe_WhenTheFormIsWrong_IsRefused(string body, int status, int code)
    {
        var instance = await _services.CreateAsync("g");
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{instance}/subscription", body, status, code);
    }

    [Theory]
    [InlineData("""{"partitions":[{"topic":"t"}]}""", 422)]
    [InlineData("""{"partitions":[{"topic":"t","partition":-1}]}""", 422)]
    [InlineData("""{"partitions":[{"topic":"t","partition":"x"}]}""", 400)]
    [InlineData("""{"partitions":[7]}""", 400)]
    [InlineData("""{"partitions":{}}""", 400)]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":1}]}""", 422)]
    [InlineData("""{"parts":[]}""", 422)]
    [InlineData("{}", 422)]
    public async Task Assign_WhenTheFormIsWrong_IsRefused(string body, int status)
    {
        var instance = await _services.CreateAsync("g");
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{instance}/assignments", body, status, status);
    }

    [Fact]
    public async Task Subscription_ByPattern_NamesTheTopicsThatMatchWholly()
    {
        var topics = new[] { await _services.One.CreateTopicAsync(), await _services.One.CreateTopicAsync() };
        var instance = await _services.CreateAsync("g");
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription", """{"topic_pattern":"topic-[0-9]"}""");
        Assert.Equal(topics, (await _services.GetAsync($"{instance}/subscription"))["topics"]!.AsArray().Select(topic => (string)topic!));
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription", """{"topic_pattern":"opic-[0-9]"}""");
        Assert.Empty((await _services.GetAsync($"{instance}/subscription"))["topics"]!.AsArray());
    }

    [Fact]
    public async Task Instance_ThatNobodyCalls_IsGoneAfterItsTimeOut_AndItsNameIsFree()
    {
        var time = new ManualTimeProvider();
        await using var services = await TwoServices.StartAsync(time);
        var topic = await services.One.CreateTopicAsync();
        var instance = await services.SubscribedAsync("g", topic, "\"session.timeout.ms\":10000");
        await services.PollAsync(instance);
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(9));
            await services.AssignmentAsync(instance);
        }

        time.Advance(TimeSpan.FromSeconds(11.5));
        await services.ExpectErrorAsync(HttpMethod.Get, $"{instance}/records", null, 404, 40403);
        await services.JsonAsync(HttpMethod.Post, "/consumers/g", $$"""{"name":"{{instance.Split('/')[^1]}}"}""");
    }
}

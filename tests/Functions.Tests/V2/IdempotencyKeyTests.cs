using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V2;

public sealed class IdempotencyKeyTests : IAsyncLifetime
{
    private readonly InMemoryBackend _twin = new(TimeProvider.System);
    private readonly TestService _one;
    private readonly TestService _other;

    public IdempotencyKeyTests()
    {
        _one = new TestService(_twin);
        _other = new TestService(_twin);
    }

    public async Task InitializeAsync()
    {
        await _one.InitializeAsync();
        await _other.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(TestService service, string path, string key, string body, string type = TestService.Json, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Content = new StringContent(body, Encoding.UTF8, type);
        request.Headers.Add("Idempotency-Key", key);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var answer = await service.Client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Produce_SentAgainUnderItsKey_ToAnyInstance_IsAnsweredAsTheFirstTime()
    {
        var topic = await _one.CreateTopicAsync(4);
        const string body = """{"records":[{"key":"a","value":1},{"value":2},{"key":"b","value":3},{"value":4,"partition":3}]}""";

        var first = await SendAsync(_one, $"/topics/{topic}", "k1", body);
        var second = await SendAsync(_other, $"/topics/{topic}", "k1", body);
        var third = await SendAsync(_one, $"/topics/{topic}", "k1", body);

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal(first, second);
        Assert.Equal(first, third);
        Assert.Equal(4, (await Task.WhenAll(Enumerable.Range(0, 4).Select(partition => _one.EndAsync(topic, partition)))).Sum());
    }

    [Fact]
    public async Task Produce_SentManyTimesAtOnceUnderOneKey_StandsOnce()
    {
        var topic = await _one.CreateTopicAsync(3);
        const string body = """{"records":[{"value":1},{"key":"x","value":2}]}""";

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => SendAsync(i % 2 == 0 ? _one : _other, $"/topics/{topic}", "same", body)));

        Assert.Single(answers.Distinct());
        Assert.Equal(2, (await Task.WhenAll(Enumerable.Range(0, 3).Select(partition => _one.EndAsync(topic, partition)))).Sum());
    }

    [Fact]
    public async Task Produce_AfterTheTopicHasGrown_SentAgainUnderItsKey_GoesWhereItWentBefore()
    {
        var topic = await _one.CreateTopicAsync(1);
        const string body = """{"records":[{"key":"a","value":1},{"key":"b","value":2},{"key":"c","value":3}]}""";
        var first = await SendAsync(_one, $"/topics/{topic}", "k", body);
        using var grown = await _one.SendAsync(HttpMethod.Patch, _one.V3($"/topics/{topic}"), """{"partitions_count":8}""");
        Assert.Equal(HttpStatusCode.OK, grown.StatusCode);

        Assert.Equal(first, await SendAsync(_other, $"/topics/{topic}", "k", body));
    }

    /// <summary>What it was cut into decides whether it is recognised, so the retry is cut as the first time was.</summary>
    [Fact]
    public async Task Produce_AfterLargerBatchesWereAllowed_SentAgainUnderItsKey_IsAnsweredAsTheFirstTime()
    {
        var topic = await _one.CreateTopicAsync(1);
        var path = _one.V3($"/topics/{topic}/configs/max.message.bytes");
        using var small = await _one.SendAsync(HttpMethod.Put, path, """{"value":"1000"}""");
        Assert.True(small.IsSuccessStatusCode);
        var body = $$"""{"records":[{{string.Join(',', Enumerable.Range(0, 4).Select(i => $$"""{"value":"{{i}}{{new string('x', 600)}}"}"""))}}]}""";
        var first = await SendAsync(_one, $"/topics/{topic}", "k", body);
        Assert.Equal(HttpStatusCode.OK, first.Status);

        using var large = await _one.SendAsync(HttpMethod.Put, path, """{"value":"100000"}""");
        Assert.True(large.IsSuccessStatusCode);
        Assert.Equal(first, await SendAsync(_one, $"/topics/{topic}", "k", body));

        Assert.Equal(4, await _one.EndAsync(topic));
    }

    [Fact]
    public async Task Produce_OfMoreBatchesThanARetryIsRecognisedBy_IsRefusedAndDoesNotUseUpTheKey()
    {
        var topic = await _one.CreateTopicAsync(1);
        using var small = await _one.SendAsync(HttpMethod.Put, _one.V3($"/topics/{topic}/configs/max.message.bytes"), """{"value":"1000"}""");
        Assert.True(small.IsSuccessStatusCode);
        string Body(int records) => $$"""{"records":[{{string.Join(',', Enumerable.Range(0, records).Select(i => $$"""{"value":"{{i}}{{new string('x', 600)}}"}"""))}}]}""";

        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await SendAsync(_one, $"/topics/{topic}", "k", Body(6))).Status);
        Assert.Equal(0, await _one.EndAsync(topic));

        var first = await SendAsync(_one, $"/topics/{topic}", "k", Body(5));
        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal(first, await SendAsync(_other, $"/topics/{topic}", "k", Body(5)));
        Assert.Equal(5, await _one.EndAsync(topic));
    }

    [Fact]
    public async Task Produce_OfAnotherBodyUnderAUsedKey_IsRefusedAndAppendsNothing()
    {
        var topic = await _one.CreateTopicAsync();
        await SendAsync(_one, $"/topics/{topic}", "k", """{"records":[{"value":1}]}""");

        var other = await SendAsync(_other, $"/topics/{topic}", "k", """{"records":[{"value":2}]}""");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.Status);
        Assert.Equal(1, await _one.EndAsync(topic));
    }

    [Fact]
    public async Task Produce_OfTheSameBodyUnderTwoKeys_StandsTwice()
    {
        var topic = await _one.CreateTopicAsync();
        await SendAsync(_one, $"/topics/{topic}", "k1", """{"records":[{"value":1}]}""");
        await SendAsync(_one, $"/topics/{topic}", "k2", """{"records":[{"value":1}]}""");
        Assert.Equal(2, await _one.EndAsync(topic));
    }

    [Fact]
    public async Task Produce_RefusedForItsForm_DoesNotUseUpTheKey()
    {
        var topic = await _one.CreateTopicAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await SendAsync(_one, $"/topics/{topic}", "k", """{"records":[]}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(_one, $"/topics/{topic}", "k", """{"records":[{"value":1}]}""")).Status);
    }

    [Theory]
    [InlineData("?acks=0")]
    [InlineData("?async=true")]
    public async Task Produce_UnderAKeyWithoutWaitingForAllReplicas_IsRefused(string query)
    {
        var topic = await _one.CreateTopicAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await SendAsync(_one, $"/topics/{topic}{query}", "k", """{"records":[{"value":1}]}""")).Status);
        Assert.Equal(0, await _one.EndAsync(topic));
    }

    [Fact]
    public async Task V3Record_SentAgainUnderItsKey_IsAnsweredAsTheFirstTime()
    {
        var topic = await _one.CreateTopicAsync(3);
        const string body = """{"value":{"type":"STRING","data":"x"}}""";
        var path = _one.V3($"/topics/{topic}/records");

        var first = await SendAsync(_one, path, "k", body, "application/json");
        var second = await SendAsync(_other, path, "k", body, "application/json");

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal(0, JsonNode.Parse(first.Body)!["offset"]!.GetValue<long>());
        Assert.Equal(first, second);
        Assert.Equal(1, (await Task.WhenAll(Enumerable.Range(0, 3).Select(partition => _one.EndAsync(topic, partition)))).Sum());
    }

    [Fact]
    public async Task V3Records_MoreThanOneUnderAKey_AreRefusedAndAppendNothing()
    {
        var topic = await _one.CreateTopicAsync();
        var answer = await SendAsync(_one, _one.V3($"/topics/{topic}/records"), "k", """{"value":{"type":"STRING","data":"x"}}{"value":{"type":"STRING","data":"y"}}""", "application/json");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal(0, await _one.EndAsync(topic));
    }
}

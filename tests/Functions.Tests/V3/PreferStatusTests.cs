using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

[Collection(SharedService.Name)]
public sealed class PreferStatusTests(TestService service)
{
    [Fact]
    public async Task Produce_OfOneRecord_IsAnsweredWithItsReport()
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await SendAsync(topic, """ {"value":{"type":"STRING","data":"a"}} """);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("http-status", Assert.Single(answer.Headers.GetValues("Preference-Applied")));
        var report = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal((200, topic, 0), ((int)report["error_code"]!, (string)report["topic_name"]!, (int)report["offset"]!));
        Assert.Equal(1, await service.EndAsync(topic));
    }

    [Theory]
    [InlineData("""{"partition_id":3}""", 404, 40402)]
    [InlineData("""{"value":{"type":"BINARY","data":"?"}}""", 400, 400)]
    [InlineData("""{"value":{"data":"x"}}""", 422, 42202)]
    [InlineData("""{"velue":1}""", 400, 400)]
    [InlineData("""{"value":}""", 400, 400)]
    public async Task Produce_OfOneRecordThatFails_HasItsStatus(string body, int status, int code)
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await SendAsync(topic, body);
        await TestService.ExpectErrorAsync(answer, status, code);
        Assert.Equal(0, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Produce_OfOneRecord_WhereTheTopicIsNotThereOrTheRecordTooLarge_HasItsStatus()
    {
        using var missing = await SendAsync("no-such", "{}");
        await TestService.ExpectErrorAsync(missing, 404, 40403, "no-such");
        var topic = await service.CreateTopicAsync(1, ("max.message.bytes", "200"));
        using var large = await SendAsync(topic, $$$"""{"value":{"type":"STRING","data":"{{{new string('x', 300)}}}"}}""");
        await TestService.ExpectErrorAsync(large, 413, 413, "max.message.bytes");
    }

    [Theory]
    [InlineData("""{"partition_id":3}{"partition_id":0}""", new[] { 40402, 200 })]
    [InlineData("""{}{""", new[] { 200, 400 })]
    [InlineData(" ", new[] { 42206 })]
    public async Task Produce_OfMoreOrLessThanOneRecord_IsTheStreamThatItAlwaysIs(string body, int[] codes)
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await SendAsync(topic, body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Preference-Applied"));
        var reports = (await answer.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(codes, reports.Select(report => (int)JsonNode.Parse(report)!["error_code"]!));
    }

    [Fact]
    public async Task Produce_OfOneRecord_UnderAnIdempotencyKey_IsAnsweredAsTheFirstTime()
    {
        var topic = await service.CreateTopicAsync(3);
        using var first = await SendAsync(topic, "{}", "one");
        using var again = await SendAsync(topic, "{}", "one");
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Equal(1, await service.EndAsync(topic, 0) + await service.EndAsync(topic, 1) + await service.EndAsync(topic, 2));
    }

    private async Task<HttpResponseMessage> SendAsync(string topic, string body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, service.V3($"/topics/{topic}/records"));
        request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        request.Headers.Add("Prefer", "wait=5, http-status");
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await service.Client.SendAsync(request);
    }
}

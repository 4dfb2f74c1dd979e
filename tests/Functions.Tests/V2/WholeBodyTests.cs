using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V2;

[Collection(SharedService.Name)]
public sealed class WholeBodyTests(TestService service)
{
    [Theory]
    [InlineData("application/json", """{ "alert": "disk full" }""")]
    [InlineData("text/plain; charset=utf-8", "disk full")]
    [InlineData("application/x-www-form-urlencoded", "alert=disk+full")]
    public async Task Produce_WithKey_StoresTheBodyAsItStands(string type, string body)
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await service.SendAsync(HttpMethod.Post, $"/topics/{topic}?key=host-1", body, type);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(0, (int)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["offsets"]![0]!["offset"]!);
        var record = Assert.Single(await service.FetchAsync(topic, accept: TestService.Text))!;
        Assert.Equal(("host-1", body), ((string)record["key"]!, (string)record["value"]!));
        var header = Assert.Single(record["headers"]!.AsArray())!;
        Assert.Equal(("content-type", type), ((string)header["key"]!, Encoding.UTF8.GetString(Convert.FromBase64String((string)header["value"]!))));
    }

    [Fact]
    public async Task Produce_WithAnEmptyKeyAndNoType_StoresAnyBytesWithoutKeyAndHeader()
    {
        var topic = await service.CreateTopicAsync(2);
        using var answer = await service.SendAsync(HttpMethod.Post, $"/topics/{topic}/partitions/1?key=", [0, 0xFF, 0x0D], type: null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var record = Assert.Single(await service.FetchAsync(topic, 1, accept: TestService.Binary))!;
        Assert.Equal((null, "AP8N", true), ((string?)record["key"], (string)record["value"]!, record["headers"] is null));
    }

    [Theory]
    [InlineData("?key=a", "application/vnd.kafka.json.v2+json", "{}", 400, 40002, "key")]
    [InlineData("?key=a", "application/vnd.kafka.avro.v2+json", "{}", 400, 40002, "key")]
    [InlineData("?key=a&format=json", "application/json", "{}", 400, 40002, "format")]
    [InlineData("?key=a", "text/plain", "", 422, 422, "tombstone")]
    [InlineData("?key=a&acks=2", "text/plain", "x", 400, 40002, "acks")]
    [InlineData("", "text/plain", "x", 415, 415, "text/plain")]
    [InlineData("", "application/json", "{}", 415, 415, "application/json")]
    public async Task Produce_WhenItIsNotSaidClearly_AppendsNothing(string query, string type, string body, int status, int code, string word)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}{query}", body, type, status, code, word);
        Assert.Equal(0, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Produce_WhenTheBodyIsTooLargeForTheTopic_Is413()
    {
        var topic = await service.CreateTopicAsync(1, ("max.message.bytes", "200"));
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}?key=a", new string('x', 200), "text/plain", 413, 413, "max.message.bytes");
    }

    [Fact]
    public async Task Produce_SentAgainUnderItsIdempotencyKey_AppendsOnce_AndAnotherRecordKeyIsAnotherRequest()
    {
        var topic = await service.CreateTopicAsync();
        using var first = await SendAsync("a");
        using var again = await SendAsync("a");
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Equal(1, await service.EndAsync(topic));
        using var other = await SendAsync("b");
        await TestService.ExpectErrorAsync(other, 422, 422, "Idempotency-Key");

        async Task<HttpResponseMessage> SendAsync(string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/topics/{topic}?key={key}") { Content = new StringContent("x") };
            request.Headers.Add("Idempotency-Key", "hook-1");
            return await service.Client.SendAsync(request);
        }
    }
}

using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

[Collection(SharedService.Name)]
public sealed class RecordsBatchTests(TestService service)
{
    [Fact]
    public async Task Batch_AnswersEachEntryByItsId_AndOneThatFailsSpoilsNoOther()
    {
        var topic = await service.CreateTopicAsync(2);
        var answer = await ProduceAsync(topic, """
            {"entries":[
              {"id":"a","partition_id":1,"key":{"type":"STRING","data":"k"},"value":{"type":"JSON","data":{"n":1}},"headers":[{"name":"h","value":"aA=="}],"timestamp":"2026-01-01T00:00:00Z"},
              {"value":{"type":"BINARY","data":"?"},"id":"bad data"},
              {"id":"no partition","partition_id":2,"value":{"type":"STRING","data":"x"}},
              {"id":"unknown member","velue":1},
              {"id":"b","partition_id":1,"value":{"type":"STRING","data":"x"}},
              {"id":"nothing","partition_id":1}]}
            """);

        var successes = answer["successes"]!.AsArray();
        Assert.Equal(["a", "b", "nothing"], successes.Select(success => (string)success!["id"]!));
        Assert.Equal(
            $$$"""{"id":"a","cluster_id":"{{{service.Cluster}}}","topic_name":"{{{topic}}}","partition_id":1,"offset":0,"timestamp":"2026-01-01T00:00:00.000Z","key":{"type":"STRING","size":1},"value":{"type":"JSON","size":7}}""",
            successes[0]!.ToJsonString());
        Assert.Equal([0, 1, 2], successes.Select(success => (int)success!["offset"]!));
        Assert.Equal(
            [("bad data", 400), ("no partition", 40402), ("unknown member", 400)],
            answer["failures"]!.AsArray().Select(failure => ((string)failure!["id"]!, (int)failure["error_code"]!)));
        Assert.Equal(3, await service.EndAsync(topic, 1));
    }

    [Fact]
    public async Task Batch_ToATopicThatIsNotThere_FailsEveryEntry()
    {
        var answer = await ProduceAsync("no-such", """{"entries":[{"id":"1"},{"id":"2"}]}""");
        Assert.Empty(answer["successes"]!.AsArray());
        Assert.Equal([40403, 40403], answer["failures"]!.AsArray().Select(failure => (int)failure!["error_code"]!));
    }

    public static TheoryData<string, int, int, string> WrongBatches() => new()
    {
        { """{"entries":[{"id":"1"},{"id":"1"}]}""", 422, 42208, "twice" },
        { """{"entries":[]}""", 422, 42208, "empty" },
        { """{"entries":null}""", 422, 42208, "empty" },
        { "{}", 422, 42208, "empty" },
        { """{"entries":[{"id":""}]}""", 422, 42208, "80" },
        { """{"entries":[{"value":{"type":"STRING","data":"x"}}]}""", 422, 42208, "80" },
        { $$"""{"entries":[{"id":"{{new string('x', 81)}}"}]}""", 422, 42208, "80" },
        { $$"""{"entries":[{{string.Join(',', Enumerable.Range(0, 11).Select(id => $$"""{"id":"{{id}}"}"""))}}]}""", 422, 42208, "at most 10" },
        { """{"entries":[{"id":1}]}""", 400, 400, "string" },
        { """{"entries":[1]}""", 400, 400, "object" },
        { """{"entries":{}}""", 400, 400, "array" },
        { """{"entries":[{"id":"1"}],"more":1}""", 422, 422, "more" },
        { """{"entries":[{"id":"1"}""", 400, 400, "Malformed" },
        { """{"entries":[{"id":"1"}]}{}""", 400, 400, "Malformed" },
        { "[]", 400, 400, "object" },
        { "", 422, 422, "empty" },
    };

    [Theory]
    [MemberData(nameof(WrongBatches))]
    public async Task Batch_WhenTheRequestIsNotGood_AppendsNothing(string body, int status, int code, string word)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3($"/topics/{topic}/records:batch"), body, "application/json", status, code, word);
        Assert.Equal(0, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Batch_WhenTheTypeIsNotJson_Is415()
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3($"/topics/{topic}/records:batch"), """{"entries":[{"id":"1"}]}""", TestService.Json, 415, 415, "application/json");
    }

    [Fact]
    public async Task Batch_SentAgainUnderItsIdempotencyKey_IsAnsweredAsTheFirstTime()
    {
        var topic = await service.CreateTopicAsync(3);
        const string body = """{"entries":[{"id":"1","value":{"type":"STRING","data":"a"}},{"id":"2","key":{"type":"STRING","data":"k"}},{"id":"3","partition_id":9}]}""";
        var first = await ProduceAsync(topic, body, "key-1");
        Assert.Equal(first.ToJsonString(), (await ProduceAsync(topic, body, "key-1")).ToJsonString());
        Assert.Equal(2, await service.EndAsync(topic, 0) + await service.EndAsync(topic, 1) + await service.EndAsync(topic, 2));
    }

    private async Task<JsonNode> ProduceAsync(string topic, string body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, service.V3($"/topics/{topic}/records:batch"));
        request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var answer = await service.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.MultiStatus, $"{(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}

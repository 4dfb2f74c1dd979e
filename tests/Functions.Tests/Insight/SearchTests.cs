using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Insight;

[Collection(SharedService.Name)]
public sealed class SearchTests(TestService service)
{
    private const string Records = """
        {"records":[
          {"partition":0,"key":"alice","value":{"id":1,"text":"red book","big":12345678901234567890},"timestamp":1767225600000},
          {"partition":0,"key":"bob","value":{"id":2,"text":"blue pen"},"timestamp":1767225660000,"headers":[{"key":"trace","value":"YWJj"}]},
          {"partition":1,"key":"alice","value":{"id":3,"lines":[{"sku":"pen-1"},{"sku":"ink-2"}]},"timestamp":1767225720000},
          {"partition":1,"value":null,"timestamp":1767225780000},
          {"partition":2,"key":17,"value":"red","timestamp":1767225840000}]}
        """;

    private async Task<string> TopicAsync()
    {
        var topic = await service.CreateTopicAsync(3);
        Assert.All(await service.ProduceAsync($"/topics/{topic}", Records), record => Assert.Null(record!["error"]));
        return topic;
    }

    private async Task<JsonNode> SearchAsync(string topic, string body)
    {
        using var answer = await service.SendAsync(HttpMethod.Post, service.V3($"/insight/topics/{topic}/search"), body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private static string[] Found(JsonNode answer) => [.. answer["matches"]!.AsArray().Select(match => $"{match!["partition_id"]}:{match["offset"]}")];

    [Theory]
    [InlineData("{}", "0:0 0:1 1:0 1:1 2:0")]
    [InlineData("""{"order":"newest"}""", "0:1 0:0 1:1 1:0 2:0")]
    [InlineData("""{"text":"red"}""", "0:0 2:0")]
    [InlineData("""{"text":"ali"}""", "0:0 1:0")]
    [InlineData("""{"text":"Red"}""", "")]
    [InlineData("""{"key":"alice","all_partitions":true}""", "0:0 1:0")]
    [InlineData("""{"key":17,"all_partitions":true}""", "2:0")]
    [InlineData("""{"key":"17","all_partitions":true}""", "2:0")]
    [InlineData("""{"key_base64":"ImJvYiI=","all_partitions":true}""", "0:1")]
    [InlineData("""{"key":"ali","all_partitions":true}""", "")]
    [InlineData("""{"key":null,"text":"red","header":null,"json":null,"partition_id":null,"from_timestamp":null,"order":null}""", "0:0 2:0")]
    [InlineData("""{"json":{"path":"$.text","equals":null,"contains":"pen"}}""", "0:1")]
    [InlineData("""{"header":{"name":"trace"}}""", "0:1")]
    [InlineData("""{"header":{"name":"trace","value":"abc"}}""", "0:1")]
    [InlineData("""{"header":{"name":"trace","value":"ab"}}""", "")]
    [InlineData("""{"json":{"path":"$.id","equals":2.0}}""", "0:1")]
    [InlineData("""{"json":{"path":"$.lines[1].sku","equals":"ink-2"}}""", "1:0")]
    [InlineData("""{"json":{"path":"$.text","contains":"pen"}}""", "0:1")]
    [InlineData("""{"json":{"path":"$.text","equals":null}}""", "")]
    [InlineData("""{"partition_id":1}""", "1:0 1:1")]
    [InlineData("""{"from_offset":1}""", "0:1 1:1")]
    [InlineData("""{"to_offset":1,"partition_id":0}""", "0:0")]
    [InlineData("""{"from_timestamp":"2026-01-01T00:01:00Z","to_timestamp":1767225780000}""", "0:1 1:0")]
    [InlineData("""{"text":"pen","json":{"path":"$.id","equals":3}}""", "1:0")]
    public async Task Search_FindsWhatIsEverythingThatIsAskedFor(string body, string found)
    {
        var answer = await SearchAsync(await TopicAsync(), body);
        Assert.Equal(found, string.Join(' ', Found(answer)));
        Assert.Equal(("end", null), ((string)answer["stopped_because"]!, (string?)answer["next_page_token"]));
        Assert.Equal(Found(answer).Length, (int)answer["matched"]!);
    }

    [Fact]
    public async Task Search_GivesRecordsAsAProduceTakesThem()
    {
        var topic = await TopicAsync();
        var answer = await SearchAsync(topic, """{"partition_id":0}""");
        Assert.Equal(
            """{"partition_id":0,"offset":0,"timestamp":"2026-01-01T00:00:00.000Z","key":{"type":"JSON","data":"alice","size":7},"value":{"type":"JSON","data":{"id":1,"text":"red book","big":12345678901234567890},"size":53},"headers":[]}""",
            answer["matches"]![0]!.ToJsonString());
        Assert.Equal("""[{"name":"trace","value":"YWJj"}]""", answer["matches"]![1]!["headers"]!.ToJsonString());
        Assert.Null((await SearchAsync(topic, """{"partition_id":1,"from_offset":1}"""))["matches"]![0]!["value"]);

        await service.ProduceAsync($"/topics/{topic}/partitions/0", """{"records":[{"key":"/w==","value":"aGVsbG8="}]}""", TestService.Binary);
        var binary = (await SearchAsync(topic, """{"partition_id":0,"from_offset":2}"""))["matches"]![0]!;
        Assert.Equal("""{"type":"BINARY","data":"/w==","size":1}""", binary["key"]!.ToJsonString());
        Assert.Equal("""{"type":"STRING","data":"hello","size":5}""", binary["value"]!.ToJsonString());
    }

    /// <summary>Where records without partition go by their key, no other partition need be searched.</summary>
    [Theory]
    [InlineData(TestService.Json, "customer-7")]
    [InlineData(TestService.Text, "customer-7")]
    public async Task Search_ByKey_LooksOnlyWhereTheKeyIs(string type, string key)
    {
        var topic = await service.CreateTopicAsync(50);
        var written = await service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"key":"{{key}}","value":"a"}]}""", type);
        var answer = await SearchAsync(topic, $$"""{"key":"{{key}}"}""");
        Assert.Equal([$"{written[0]!["partition"]}:0"], Found(answer));
        Assert.InRange((int)answer["searched"]!["partitions"]!, 1, 2);
        Assert.Contains((int)written[0]!["partition"]!, answer["partitions"]!.AsArray().Select(partition => (int)partition!));
    }

    [Fact]
    public async Task Search_InSteps_SaysWhyItStoppedAndGoesOn()
    {
        var topic = await TopicAsync();
        var found = new List<string>();
        var reasons = new List<string>();
        string? token = null;
        do
        {
            var answer = await SearchAsync(topic, new JsonObject { ["order"] = "newest", ["max_matches"] = 2, ["page_token"] = token }.ToJsonString());
            found.AddRange(Found(answer));
            reasons.Add((string)answer["stopped_because"]!);
            token = (string?)answer["next_page_token"];
        }
        while (token is not null);

        Assert.Equal(["0:1", "0:0", "1:1", "1:0", "2:0"], found);
        Assert.Equal(["max_matches", "max_matches", "end"], reasons);
    }

    [Fact]
    public async Task Search_WithFewBytes_SaysHowFarItCame()
    {
        var answer = await SearchAsync(await TopicAsync(), """{"text":"nowhere","max_bytes":1}""");
        Assert.Equal(("max_bytes", 0), ((string)answer["stopped_because"]!, (int)answer["matched"]!));
        Assert.Equal((2, 1), ((int)answer["searched"]!["records"]!, (int)answer["searched"]!["batches"]!));
        Assert.Equal("""{"partition_id":1,"from_offset":0,"to_offset":null}""", answer["next"]!.ToJsonString());
    }

    [Fact]
    public async Task Token_OfAnotherQuestion_Is400()
    {
        var topic = await TopicAsync();
        var token = (string)(await SearchAsync(topic, """{"text":"e","max_matches":1}"""))["next_page_token"]!;
        Assert.NotEmpty(Found(await SearchAsync(topic, $$"""{"text":"e","max_matches":50,"page_token":"{{token}}"}""")));
        await service.ExpectErrorAsync(
            HttpMethod.Post, service.V3($"/insight/topics/{topic}/search"), $$"""{"text":"f","page_token":"{{token}}"}""", "application/json", 400, 40002, "page_token");
    }

    [Theory]
    [InlineData("""{"txt":"a"}""", 422, 422, "txt")]
    [InlineData("""{"header":{"key":"a"}}""", 422, 422, "key")]
    [InlineData("""{"header":{}}""", 400, 40002, "header")]
    [InlineData("""{"json":{"path":"$.a"}}""", 400, 40002, "json")]
    [InlineData("""{"json":{"path":"$.a","equals":1,"contains":"1"}}""", 400, 40002, "json")]
    [InlineData("""{"json":{"path":"$.a","equals":[1]}}""", 400, 40002, "json.equals")]
    [InlineData("""{"json":{"path":"$.*","equals":1}}""", 400, 40002, "json.path")]
    [InlineData("""{"key":"a","key_base64":"YQ=="}""", 400, 40002, "key_base64")]
    [InlineData("""{"key_base64":"%"}""", 400, 40002, "key_base64")]
    [InlineData("""{"partition_id":3}""", 404, 404, "Partition 3")]
    [InlineData("""{"from_offset":-1}""", 400, 40002, "from_offset")]
    [InlineData("""{"from_timestamp":"soon"}""", 400, 40002, "from_timestamp")]
    [InlineData("""{"order":"random"}""", 400, 40002, "order")]
    [InlineData("""{"max_matches":0}""", 400, 40002, "max_matches")]
    [InlineData("""{"page_token":"*"}""", 400, 40002, "page_token")]
    [InlineData("", 422, 422, "empty")]
    public async Task Search_WhenTheQuestionIsNotGood_SaysWhatIsWrong(string body, int status, int code, string word) =>
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3($"/insight/topics/{await TopicAsync()}/search"), body, "application/json", status, code, word);

    [Fact]
    public Task Search_OfAnUnknownTopic_Is404() =>
        service.ExpectErrorAsync(HttpMethod.Post, service.V3("/insight/topics/no-such-topic/search"), "{}", "application/json", 404, 40403, "no-such-topic");
}

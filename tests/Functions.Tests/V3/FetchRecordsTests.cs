using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

[Collection(SharedService.Name)]
public sealed class FetchRecordsTests(TestService service)
{
    [Fact]
    public async Task Fetch_GivesRecordsInTheFormInWhichTheyAreProduced()
    {
        var topic = await service.CreateTopicAsync();
        await ProduceAsync(topic, """
            {"key":{"type":"STRING","data":"k"},"value":{"type":"JSON","data":{"n":1}},"headers":[{"name":"h","value":"djE="},{"name":"h","value":null}],"timestamp":"2026-01-01T00:00:00Z"}
            {"value":{"type":"BINARY","data":"/w=="}}{}
            """);
        var answer = await service.GetAsync(service.V3($"/topics/{topic}/partitions/0/records?offset=earliest"));
        Assert.Equal(("KafkaRecordList", service.Cluster, 3), ((string)answer["kind"]!, (string)answer["cluster_id"]!, (int)answer["next_offset"]!));
        var self = new Uri(service.Address, service.V3($"/topics/{topic}/partitions/0/records")).ToString();
        Assert.Equal((self + "?offset=earliest", self + "?offset=3"), ((string)answer["metadata"]!["self"]!, (string)answer["metadata"]!["next"]!));
        var records = answer["data"]!.AsArray();
        Assert.Equal(
            $$$"""{"topic_name":"{{{topic}}}","partition_id":0,"offset":0,"timestamp":"2026-01-01T00:00:00.000Z","timestamp_type":"CREATE_TIME","""
                + """ "headers":[{"name":"h","value":"djE="},{"name":"h","value":null}],"key":{"type":"STRING","data":"k"},"value":{"type":"JSON","data":{"n":1}}}""".Trim(),
            records[0]!.ToJsonString());
        Assert.Equal("""{"type":"BINARY","data":"/w=="}""", records[1]!["value"]!.ToJsonString());
        Assert.Equal((null, null), (records[2]!["key"], records[2]!["value"]));
    }

    [Theory]
    [InlineData("", "JSON", "STRING", "BINARY")]
    [InlineData("&format=json", "JSON", "BINARY", "BINARY")]
    [InlineData("&format=text", "STRING", "STRING", "BINARY")]
    [InlineData("&format=binary", "BINARY", "BINARY", "BINARY")]
    public async Task Fetch_ShowsWhatIsNotOfTheWishedFormatAsBinary(string query, params string[] types)
    {
        var topic = await service.CreateTopicAsync();
        await ProduceAsync(topic, """{"value":{"type":"JSON","data":[1]}}{"value":{"type":"STRING","data":"text"}}{"value":{"type":"BINARY","data":"/w=="}}""");
        var answer = await service.GetAsync(service.V3($"/topics/{topic}/partitions/0/records?offset=0{query}"));
        Assert.Equal(types, answer["data"]!.AsArray().Select(record => (string)record!["value"]!["type"]!));
    }

    [Fact]
    public async Task Fetch_FollowingNext_ReadsEveryRecordOnce()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":0},{"value":1},{"value":2},{"value":3},{"value":4}]}""");
        var seen = new List<int>();
        var next = service.V3($"/topics/{topic}/partitions/0/records?offset=earliest&count=2&timeout=0");
        while (true)
        {
            var answer = await service.GetAsync(new Uri(service.Address, next).PathAndQuery);
            if (answer["data"]!.AsArray().Count == 0)
                break;
            seen.AddRange(answer["data"]!.AsArray().Select(record => (int)record!["value"]!["data"]!));
            next = (string)answer["metadata"]!["next"]!;
            Assert.Contains("count=2", next, StringComparison.Ordinal);
        }

        Assert.Equal([0, 1, 2, 3, 4], seen);
    }

    [Fact]
    public async Task Fetch_FromATime_AndOfLogAppendTime_SaysWhoseClockItIs()
    {
        var topic = await service.CreateTopicAsync(1, ("message.timestamp.type", "LogAppendTime"));
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":0,"timestamp":1}]}""");
        var answer = await service.GetAsync(service.V3($"/topics/{topic}/partitions/0/records?timestamp=2020-01-01T00:00:00Z"));
        var record = Assert.Single(answer["data"]!.AsArray())!;
        Assert.Equal("LOG_APPEND_TIME", (string)record["timestamp_type"]!);
        Assert.StartsWith("20", (string)record["timestamp"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 400, 40002, "offset")]
    [InlineData("?offset=x", 400, 40002, "offset")]
    [InlineData("?offset=0&format=xml", 400, 40002, "format")]
    [InlineData("?offset=5", 416, 41601, "5")]
    public async Task Fetch_WhenItIsNotGood_IsRefused(string query, int status, int code, string word)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3($"/topics/{topic}/partitions/0/records{query}"), "", null, status, code, word);
    }

    [Fact]
    public async Task Fetch_WhereThereIsNothingOrAnotherTypeIsWanted_IsRefused()
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3("/topics/no-such/partitions/0/records?offset=0"), "", null, 404, 40403, "no-such");
        await service.ExpectErrorAsync(HttpMethod.Get, service.V3($"/topics/{topic}/partitions/1/records?offset=0"), "", null, 404, 40403, topic);
        using var answer = await service.SendAsync(HttpMethod.Get, service.V3($"/topics/{topic}/partitions/0/records?offset=0"), accept: "text/csv");
        await TestService.ExpectErrorAsync(answer, 406, 406, "application/json");
    }

    [Fact]
    public async Task Fetch_AskedForInATypeOfV2_HasItsShape()
    {
        var topic = await service.CreateTopicAsync();
        await ProduceAsync(topic, """{"value":{"type":"STRING","data":"text"}}""");
        var records = await service.GetAsync(service.V3($"/topics/{topic}/partitions/0/records?offset=0"), TestService.Text);
        Assert.Equal("text", (string)records[0]!["value"]!);
    }

    private async Task ProduceAsync(string topic, string body)
    {
        using var answer = await service.SendAsync(HttpMethod.Post, service.V3($"/topics/{topic}/records"), body);
        Assert.DoesNotContain("message", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}

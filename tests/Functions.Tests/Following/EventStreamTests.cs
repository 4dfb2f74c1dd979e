using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Tests.Following;

[Collection(SharedService.Name)]
public sealed class EventStreamTests(TestService service)
{
    private const string Lines = "application/x-ndjson";

    [Fact]
    public async Task Events_AreWrittenAsTheStandardHasThem()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"key":"k","value":{"a":[1]},"timestamp":7},{"value":"ü\n","timestamp":8}]}""");

        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/partitions/0/records?offset=earliest&format=json&timeout=0");

        Assert.Equal("retry: 1000\nid: 0:-1\n", await stream.BlockAsync());
        Assert.Equal($$"""id: 0:0{{'\n'}}data: {"topic":"{{topic}}","key":"k","value":{"a":[1]},"partition":0,"offset":0,"timestamp":7}{{'\n'}}""", await stream.BlockAsync());
        Assert.Equal($$"""id: 0:1{{'\n'}}data: {"topic":"{{topic}}","key":null,"value":"ü\n","partition":0,"offset":1,"timestamp":8}{{'\n'}}""", await stream.BlockAsync());
        Assert.Equal("retry: 10\n", await stream.BlockAsync());
        Assert.Null(await stream.BlockAsync());
    }

    [Fact]
    public async Task Stream_ForbidsProxiesToKeepOrToHoldItBack()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1},{"value":2}]}""");
        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/partitions/0/records?offset=1&timeout=0");
        Assert.Equal("text/event-stream", stream.Answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-store", stream.Answer.Headers.CacheControl!.ToString());
        Assert.Equal("no", stream.Answer.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Equal("0:0", stream.Answer.Headers.GetValues("Last-Event-ID").Single());
        Assert.Equal("2", stream.Answer.Headers.GetValues("High-Watermark").Single());
        Assert.Null(stream.Answer.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    public async Task Stream_ResumedBehindAnyRecord_GivesTheRestOnce(CompressionCodec codec)
    {
        var topic = await service.CreateTopicAsync();
        foreach (var size in new[] { 1, 4, 3 })
            await ProduceBatchAsync(topic, codec, size);
        var path = $"/topics/{topic}/partitions/0/records?offset=earliest&timeout=0";

        using var whole = await EventStream.OpenAsync(service, path);
        var all = await whole.AllAsync();

        Assert.Equal(Enumerable.Range(0, 8).Select(offset => ($"0:{offset}", $"0:{offset}")), all);
        for (var seen = -1; seen < 8; seen++)
        {
            using var rest = await EventStream.OpenAsync(service, path, lastEventId: $"0:{seen}");
            Assert.Equal(all.Skip(seen + 1), await rest.AllAsync());
        }
    }

    [Fact]
    public async Task Stream_OfATopic_ResumedBehindAnyRecord_GivesTheRestOfEveryPartitionOnce()
    {
        var topic = await service.CreateTopicAsync(partitions: 4);
        for (var i = 0; i < 5; i++)
            await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1,"partition":0},{"value":1,"partition":2},{"value":1,"partition":0},{"value":1,"partition":3}]}""");
        var path = $"/topics/{topic}/records?offset=earliest&timeout=0";

        using var whole = await EventStream.OpenAsync(service, path);
        Assert.Equal("0:-1,1:-1,2:-1,3:-1", whole.Answer.Headers.GetValues("Last-Event-ID").Single());
        var all = await whole.AllAsync();

        Assert.Equal(20, all.Select(one => one.Record).Distinct().Count());
        Assert.Equal("0:9,1:-1,2:4,3:4", all[^1].Id);
        for (var seen = 0; seen < all.Count; seen++)
        {
            using var rest = await EventStream.OpenAsync(service, path, lastEventId: all[seen].Id);
            var again = await rest.AllAsync();
            Assert.Equal(all.Skip(seen + 1).Select(one => one.Record).Order(), again.Select(one => one.Record).Order());
            foreach (var partition in new[] { "0:", "2:", "3:" })
                Assert.Equal(all.Skip(seen + 1).Select(one => one.Record).Where(IsIn(partition)), again.Select(one => one.Record).Where(IsIn(partition)));
        }
    }

    [Fact]
    public async Task Stream_OfATopicThatGrew_BeginsWithTheFirstRecordOfItsNewPartitions()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1}]}""");
        using (await service.SendAsync(HttpMethod.Patch, service.V3($"/topics/{topic}"), """{"partitions_count":2}"""))
            await service.ProduceAsync($"/topics/{topic}/partitions/1", """{"records":[{"value":2},{"value":3}]}""");

        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/records?offset=latest&timeout=0", lastEventId: "0:0");

        Assert.Equal([("1:0", "0:0,1:0"), ("1:1", "0:0,1:1")], await stream.AllAsync());
    }

    [Fact]
    public async Task Stream_OfATopic_CanBeOfSomePartitions()
    {
        var topic = await service.CreateTopicAsync(partitions: 3);
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1,"partition":0},{"value":1,"partition":1},{"value":1,"partition":2}]}""");
        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/records?offset=earliest&timeout=0&partitions=2,0");
        Assert.Equal([("0:0", "0:0,2:-1"), ("2:0", "0:0,2:0")], await stream.AllAsync());
    }

    [Fact]
    public async Task Stream_WhenARecordComes_SendsItAtOnce()
    {
        var topic = await service.CreateTopicAsync(partitions: 2);
        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/records?offset=latest&format=json");
        await stream.BlockAsync();
        for (var i = 0; i < 10; i++)
        {
            await service.ProduceAsync($"/topics/{topic}/partitions/{i % 2}", $$"""{"records":[{"value":{{i}}}]}""");
            Assert.Equal(i, (await stream.RecordAsync())!["value"]!.GetValue<int>());
        }
    }

    [Fact]
    public async Task Stream_FromLatestThatEndedBeforeItsFirstRecord_IsResumedWithoutAGap()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1},{"value":2}]}""");
        string? id;
        using (var first = await EventStream.OpenAsync(service, $"/topics/{topic}/partitions/0/records?offset=latest"))
        {
            await first.BlockAsync();
            id = first.LastId;
        }

        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":3}]}""");
        using var second = await EventStream.OpenAsync(service, $"/topics/{topic}/partitions/0/records?offset=latest&timeout=0", id);
        Assert.Equal([("0:2", "0:2")], await second.AllAsync());
    }

    [Fact]
    public async Task Lines_HaveOneRecordEach_AlsoWhereItsValueHasLineEnds()
    {
        var topic = await service.CreateTopicAsync();
        var pretty = Convert.ToBase64String(Encoding.UTF8.GetBytes("{\r\n  \"a\": \"x\\ny\"\n}"));
        await service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"{{pretty}}"},{"value":"MQ=="}]}""", TestService.Binary);

        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/partitions/0/records?offset=0&format=json&timeout=0", accept: Lines);

        Assert.Equal(Lines, stream.Answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("x\ny", JsonNode.Parse((await stream.LineAsync())!)!["value"]!["a"]!.GetValue<string>());
        Assert.Equal(1, JsonNode.Parse((await stream.LineAsync())!)!["value"]!.GetValue<int>());
        Assert.Null(await stream.LineAsync());
    }

    [Theory]
    [InlineData("count=3", 3)]
    [InlineData("count=8", 8)]
    [InlineData("max_bytes=1", 1)]
    [InlineData("max_bytes=10", 1)]
    [InlineData("max_bytes=35", 3)]
    [InlineData("max_bytes=40", 4)]
    public async Task Stream_EndsAfterSoManyRecordsOrBytes(string limit, int records)
    {
        var topic = await service.CreateTopicAsync(partitions: 2);
        for (var i = 0; i < 10; i++)
            await service.ProduceAsync($"/topics/{topic}/partitions/{i % 2}", """{"records":[{"value":"MTIzNDU2Nzg5MA=="}]}""", TestService.Binary);
        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/records?offset=earliest&{limit}");
        Assert.Equal(records, (await stream.AllAsync()).Count);
    }

    [Fact]
    public async Task Stream_OfMuch_ComesWhole()
    {
        var topic = await service.CreateTopicAsync(partitions: 3);
        var value = new string('x', 20_000);
        for (var i = 0; i < 60; i++)
            await service.ProduceAsync($"/topics/{topic}/partitions/{i % 3}", $$"""{"records":[{"value":"{{value}}"},{"value":"{{value}}"}]}""");
        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/records?offset=earliest&timeout=0&format=json");
        Assert.Equal(Enumerable.Range(0, 120).Select(i => $"{i / 40}:{i % 40}").Order(), (await stream.AllAsync()).Select(one => one.Record).Order());
    }

    [Fact]
    public async Task Stream_AtARecordThatIsNotInItsFormat_SaysWhichAndEnds()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":"MQ=="},{"value":"/w=="},{"value":"MQ=="}]}""", TestService.Binary);
        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/partitions/0/records?offset=0&format=json");
        Assert.Equal("0:0", EventStream.PlaceOf((await stream.RecordAsync())!));
        var error = await stream.ErrorAsync();
        Assert.Equal((40801, topic, 0), (error["error_code"]!.GetValue<int>(), error["topic"]!.GetValue<string>(), error["partition"]!.GetValue<int>()));
        Assert.Contains("offset 2", error["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("0:0", stream.LastId);
        Assert.Null(await stream.BlockAsync());
    }

    [Fact]
    public async Task Stream_OfATopic_WhenOnePartitionCannotBeRead_GoesOnWithTheOthers()
    {
        var topic = await service.CreateTopicAsync(partitions: 2);
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1,"partition":0},{"value":1,"partition":1}]}""");
        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/records?offset=earliest&timeout=0", lastEventId: "0:5,1:-1");
        Assert.Equal(41601, (await stream.ErrorAsync())["error_code"]!.GetValue<int>());
        Assert.Equal([("1:0", "0:5,1:0")], await stream.AllAsync());
    }

    [Fact]
    public async Task Stream_ResumedBehindWhatRetentionTookAway_IsRefusedWithTheRange()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1},{"value":2},{"value":3}]}""");
        using (await service.SendAsync(HttpMethod.Post, service.V3($"/topics/{topic}/partitions/0/records:delete"), """{"before_offset":2}"""))
        {
        }

        await ExpectAsync($"/topics/{topic}/partitions/0/records?offset=0", 416, 41601, null, "2 to 3");
        await ExpectAsync($"/topics/{topic}/partitions/0/records", 416, 41601, "0:0", "2 to 3");
        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/partitions/0/records?timeout=0", lastEventId: "0:1");
        Assert.Equal([("0:2", "0:2")], await stream.AllAsync());
    }

    [Theory]
    [InlineData("/partitions/0/records", "1:4", "no 1")]
    [InlineData("/partitions/0/records", "x", "'x'")]
    [InlineData("/partitions/0/records", "t/0:1", "another stream")]
    [InlineData("/partitions/0/records", "0:-2", "0:41")]
    [InlineData("/records", "0:1,2:1", "no 2")]
    [InlineData("/records?offset=latest", "0:1,0:1", "0:1,0:1")]
    public async Task Stream_WhenTheEventIdIsNotItsOwn_IsRefused(string path, string id, string word)
    {
        var topic = await service.CreateTopicAsync(partitions: 2);
        await ExpectAsync($"/topics/{topic}{path}", 400, 40002, id, word);
    }

    [Theory]
    [InlineData("/partitions/0/records", 400, 40002, "offset")]
    [InlineData("/records", 400, 40002, "offset")]
    [InlineData("/records?offset=5", 400, 40002, "earliest")]
    [InlineData("/records?offset=earliest&partitions=0,2", 404, 40402, "2")]
    [InlineData("/records?offset=earliest&partitions=1,1", 400, 40002, "twice")]
    [InlineData("/partitions/7/records?offset=0", 404, 40402, "7")]
    [InlineData("/partitions/0/records?offset=3", 416, 41601, "0 to 0")]
    public async Task Stream_WhenItCannotBegin_IsRefusedAsAnAnswer(string path, int status, int code, string word)
    {
        var topic = await service.CreateTopicAsync(partitions: 2);
        await ExpectAsync($"/topics/{topic}{path}", status, code, null, word);
    }

    [Fact]
    public async Task Stream_OfAnUnknownTopic_Is404()
    {
        await ExpectAsync("/topics/no-such-topic/records?offset=earliest", 404, 40401, null, "no-such-topic");
        await ExpectAsync("/topics/no-such-topic/partitions/0/records?offset=earliest", 404, 40402, null, "no-such-topic");
    }

    [Fact]
    public async Task Records_OfATopicAsOneAnswer_AreNotGiven()
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Get, $"/topics/{topic}/records?offset=earliest", "", null, 406, 406, "text/event-stream");
    }

    [Fact]
    public async Task Stream_UnderV3_HasItsRecords()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1}]}""");
        foreach (var path in new[] { service.V3($"/topics/{topic}/partitions/0/records"), "/kafka" + service.V3($"/topics/{topic}/records") })
        {
            using var stream = await EventStream.OpenAsync(service, path + "?offset=earliest&timeout=0");
            var record = (await stream.RecordAsync())!;
            Assert.Equal((topic, 0, 0L), (record["topic_name"]!.GetValue<string>(), record["partition_id"]!.GetValue<int>(), record["offset"]!.GetValue<long>()));
            Assert.Equal("""{"type":"JSON","data":1}""", record["value"]!.ToJsonString());
            Assert.Equal("0:0", stream.LastId);
        }

        await ExpectAsync($"/v3/clusters/other/topics/{topic}/partitions/0/records?offset=0", 404, 404, null, "other");
        using var fetched = await service.SendAsync(HttpMethod.Get, service.V3($"/topics/{topic}/partitions/0/records?offset=0"));
        Assert.Equal("application/json", fetched.Content.Headers.ContentType!.ToString());
        Assert.Equal(1, JsonNode.Parse(await fetched.Content.ReadAsStringAsync())!["data"]![0]!["value"]!["data"]!.GetValue<int>());
    }

    [Fact]
    public async Task Head_OfAStream_IsAnsweredAtOnce()
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await service.SendAsync(HttpMethod.Head, $"/topics/{topic}/partitions/0/records?offset=latest", accept: "text/event-stream");
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("0:-1", answer.Headers.GetValues("Last-Event-ID").Single());
    }

    private static Func<string, bool> IsIn(string partition) => record => record.StartsWith(partition, StringComparison.Ordinal);

    private async Task ProduceBatchAsync(string topic, CompressionCodec codec, int records)
    {
        var builder = new RecordBatchBuilder(codec);
        for (var i = 0; i < records; i++)
            builder.Add(1_700_000_000_000, null, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"u8.ToArray(), []);
        using var answer = await service.SendAsync(HttpMethod.Post, $"/topics/{topic}/partitions/0", builder.Build().ToArray(), "application/vnd.managedlog.recordbatch");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task ExpectAsync(string path, int status, int code, string? lastEventId, string word)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        using var answer = await service.Client.SendAsync(request);
        await TestService.ExpectErrorAsync(answer, status, code, word);
    }
}

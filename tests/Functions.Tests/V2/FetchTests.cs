using System.Net;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V2;

[Collection(SharedService.Name)]
public sealed class FetchTests(TestService service)
{
    [Fact]
    public async Task Fetch_GivesRecordsAsTheyWereProduced()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"key":"k","value":{"a":[1]},"timestamp":7}]}""");
        Assert.Equal(
            $$"""[{"topic":"{{topic}}","key":"k","value":{"a":[1]},"partition":0,"offset":0,"timestamp":7}]""",
            (await service.FetchAsync(topic, query: "offset=0")).ToJsonString());
    }

    [Theory]
    [InlineData("offset=0", 0, 10)]
    [InlineData("offset=earliest", 0, 10)]
    [InlineData("offset=7", 7, 3)]
    [InlineData("offset=3&count=4", 3, 4)]
    [InlineData("offset=0&count=99999999999", 0, 10)]
    public async Task Fetch_GivesFromTheOffsetOn_NeverWhatIsBeforeItInTheSameBatch(string query, int first, int count)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", TenRecords);
        Assert.Equal(
            Enumerable.Range(first, count).Select(i => (long)i),
            (await service.FetchAsync(topic, query: query)).Select(record => record!["offset"]!.GetValue<long>()));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 1)]
    [InlineData(20, 2)]
    [InlineData(29, 2)]
    [InlineData(30, 3)]
    [InlineData(999_999_999, 10)]
    public async Task Fetch_StopsBeforeMaxBytesOfKeysAndValues_ButGivesOneRecord(int maxBytes, int count)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", TenRecords, TestService.Text);
        Assert.Equal(count, (await service.FetchAsync(topic, query: $"offset=0&max_bytes={maxBytes}", accept: TestService.Text)).Count);
    }

    [Fact]
    public async Task Fetch_AtTheEnd_IsEmptyAfterItsTime()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", TenRecords);
        Assert.Empty(await service.FetchAsync(topic, query: "offset=10&timeout=20"));
        Assert.Empty(await service.FetchAsync(topic, query: "offset=latest&timeout=0"));
    }

    [Theory]
    [InlineData("offset=0")]
    [InlineData("offset=latest")]
    public async Task Fetch_AtTheEnd_AnswersAsSoonAsSomethingComes(string query)
    {
        var topic = await service.CreateTopicAsync();

        // Nobody knows when the fetch has arrived: produce until it is answered. Without an early answer it would not be before the test's own limit.
        var waiting = service.FetchAsync(topic, query: $"{query}&timeout=60000&count=1");
        var produced = 0;
        while (!waiting.IsCompleted)
            await service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":{{produced++}}}]}""");
        Assert.InRange((await waiting)[0]!["value"]!.GetValue<int>(), 0, produced - 1);
    }

    [Fact]
    public async Task Fetch_NamesTheEndsOfThePartition()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", TenRecords);
        using var answer = await service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0", accept: TestService.Json);
        AssertEnds(answer, "0", "10", "10");
    }

    [Theory]
    [InlineData("11")]
    [InlineData("9223372036854775807")]
    public async Task Fetch_WhenTheOffsetIsOutOfRange_NamesTheRange(string offset)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", TenRecords);
        using var answer = await service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset={offset}", accept: TestService.Json);
        AssertEnds(answer, "0", "10", "10");
        await TestService.ExpectErrorAsync(answer, 416, 41601, topic, "0 to 10", offset);
    }

    [Theory]
    [InlineData("", "offset")]
    [InlineData("offset=", "offset")]
    [InlineData("timeout=1", "offset")]
    [InlineData("offset=-1", "offset")]
    [InlineData("offset=1.5", "offset")]
    [InlineData("offset=first", "offset")]
    [InlineData("offset=9223372036854775808", "offset")]
    [InlineData("offset=0&count=0", "count")]
    [InlineData("offset=0&count=x", "count")]
    [InlineData("offset=0&max_bytes=0", "max_bytes")]
    [InlineData("offset=0&max_bytes=-5", "max_bytes")]
    [InlineData("offset=0&timeout=-1", "timeout")]
    [InlineData("offset=0&timeout=soon", "timeout")]
    [InlineData("offset=0&format=xml", "format")]
    [InlineData("offset=0&timestamp=2026-01-01T00:00:00Z", "timestamp")]
    [InlineData("timestamp=yesterday", "timestamp")]
    [InlineData("timestamp=-1", "timestamp")]
    public async Task Fetch_WhenAParameterIsNotGood_SaysWhatItCouldBe(string query, string word)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?{query}", "", null, 400, 40002, word);
    }

    [Theory]
    [InlineData("1000", 0)]
    [InlineData("1001", 1)]
    [InlineData("2000", 1)]
    [InlineData("2001", 2)]
    [InlineData("1970-01-01T00:00:02.500Z", 2)]
    [InlineData("1970-01-01T01:00:01%2B01:00", 0)]
    public async Task Fetch_FromATimestamp_BeginsWithTheFirstRecordAtOrAfterIt(string timestamp, int offset)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":0,"timestamp":1000},{"value":1,"timestamp":2000},{"value":2,"timestamp":3000}]}""");
        Assert.Equal(
            Enumerable.Range(offset, 3 - offset),
            (await service.FetchAsync(topic, query: $"timestamp={timestamp}&timeout=0")).Select(record => record!["value"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Fetch_FromATimestampAfterAllRecords_WaitsAtTheEnd()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":0,"timestamp":1000}]}""");
        Assert.Empty(await service.FetchAsync(topic, query: "timestamp=5000&timeout=0"));
    }

    [Theory]
    [InlineData("no-such-topic", "0")]
    [InlineData(null, "7")]
    [InlineData(null, "-1")]
    [InlineData(null, "x")]
    public async Task Fetch_WhenTopicOrPartitionIsUnknown_Is404(string? topic, string partition) =>
        await service.ExpectErrorAsync(HttpMethod.Get, $"/topics/{topic ?? await service.CreateTopicAsync()}/partitions/{partition}/records?offset=0", "", null, 404, 40402);

    [Theory]
    [InlineData(null, TestService.Binary, "\"MQ==\"")]
    [InlineData("*/*", TestService.Binary, "\"MQ==\"")]
    [InlineData(TestService.V2, TestService.Binary, "\"MQ==\"")]
    [InlineData(TestService.Binary, TestService.Binary, "\"MQ==\"")]
    [InlineData(TestService.Json, TestService.Json, "1")]
    [InlineData(TestService.Text, TestService.Text, "\"1\"")]
    [InlineData("application/json", "application/json", "\"MQ==\"")]
    [InlineData("text/html, application/vnd.kafka.json.v2+json;q=0.9, */*;q=0.1", TestService.Json, "1")]
    public async Task Fetch_GivesTheFormatThatTheClientPrefers(string? accept, string type, string value)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1}]}""");
        using var answer = await service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0", accept: accept);
        Assert.Equal(type, answer.Content.Headers.ContentType!.ToString());
        Assert.Contains($"\"value\":{value},", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_WithTheFormatInTheQuery_NeedsNoAccept()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":{"a":1}}]}""");
        using var answer = await service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0&format=json", accept: "*/*");
        Assert.Equal(TestService.Json, answer.Content.Headers.ContentType!.ToString());
        Assert.Contains("\"value\":{\"a\":1},", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_WhenTheClientTakesNoneOfOurTypes_Is406()
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0", accept: "text/csv");
        await TestService.ExpectErrorAsync(answer, 406, 406, "text/csv");
    }

    [Theory]
    [InlineData(TestService.Json, "e30gMQ==")]
    [InlineData(TestService.Json, "")]
    [InlineData(TestService.Text, "/w==")]
    public async Task Fetch_WhenARecordIsNotInTheFormat_GivesWhatIsBeforeItAndThenNamesIt(string accept, string bad)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"MQ=="},{"value":"Mg=="},{"value":"{{bad}}"},{"value":"Mw=="}]}""", TestService.Binary);
        Assert.Equal(2, (await service.FetchAsync(topic, query: "offset=0", accept: accept)).Count);
        using var answer = await service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=2", accept: accept);
        await TestService.ExpectErrorAsync(answer, 408, 40801, $"{topic}:0", "offset 2", "offset 3");
        Assert.Single(await service.FetchAsync(topic, query: "offset=3", accept: accept));
        Assert.Equal(4, (await service.FetchAsync(topic, query: "offset=0", accept: TestService.Binary)).Count);
    }

    [Fact]
    public async Task Fetch_WhenAKeyIsNotInTheFormat_NamesTheRecord()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"key":"eA==","value":"MQ=="}]}""", TestService.Binary);
        using var answer = await service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0", accept: TestService.Json);
        await TestService.ExpectErrorAsync(answer, 408, 40801, "offset 0");
    }

    [Fact]
    public async Task Fetch_OfALongAnswer_IsWhole()
    {
        var topic = await service.CreateTopicAsync();
        var value = new string('x', 5_000);
        for (var i = 0; i < 4; i++)
            await service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{{string.Join(',', Enumerable.Range(0, 100).Select(_ => $$"""{"value":"{{value}}"}"""))}}]}""");
        var records = await service.FetchAsync(topic, query: "offset=0");
        Assert.Equal(400, records.Count);
        Assert.All(records, record => Assert.Equal(value, record!["value"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Fetch_OfADeletedTopic_Is404()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", TenRecords);
        using var deleted = await service.SendAsync(HttpMethod.Delete, service.V3($"/topics/{topic}"));
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await service.ExpectErrorAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0", "", null, 404, 40402, topic);
    }

    private static string TenRecords { get; } = $$"""{"records":[{{string.Join(',', Enumerable.Range(0, 10).Select(i => $$"""{"value":"value-000{{i}}"}"""))}}]}""";

    private static void AssertEnds(HttpResponseMessage answer, string logStart, string highWatermark, string logEnd) => Assert.Equal(
        (logStart, highWatermark, logEnd),
        (answer.Headers.GetValues(FetchEndpoint.LogStartOffsetHeader).Single(), answer.Headers.GetValues(FetchEndpoint.HighWatermarkHeader).Single(), answer.Headers.GetValues(FetchEndpoint.LogEndOffsetHeader).Single()));
}

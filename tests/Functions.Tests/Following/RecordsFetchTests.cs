using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Tests.Following;

[Collection(SharedService.Name)]
public sealed class RecordsFetchTests(TestService service)
{
    private string Path => service.V3("/records:fetch");

    [Fact]
    public async Task Fetch_GivesTheRecordsOfEveryPartitionAndWhereToGoOn()
    {
        var (a, b) = await TwoTopicsAsync();

        var partitions = await FetchAsync($$"""{"partitions":[{{Place(a, 0, 1)}},{{Place(b, 1, "\"earliest\"")}},{{Place(a, 1, "\"latest\"")}}]}""");

        Assert.Equal(["1", "2"], Values(partitions[(a, 0)]));
        Assert.Equal(["7"], Values(partitions[(b, 1)]));
        Assert.Empty(Values(partitions[(a, 1)]));
        Assert.Equal([3, 1, 0], new[] { (a, 0), (b, 1), (a, 1) }.Select(at => partitions[at]["next_offset"]!.GetValue<int>()));
        Assert.Equal((0, 3, 3), (partitions[(a, 0)]["log_start_offset"]!.GetValue<int>(), partitions[(a, 0)]["high_watermark"]!.GetValue<int>(), partitions[(a, 0)]["log_end_offset"]!.GetValue<int>()));
        Assert.Equal(a, partitions[(a, 0)]["records"]![0]!["topic_name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Fetch_WhenAPartitionCannotBeRead_SaysSoAtItsPlaceAtOnce()
    {
        var (a, _) = await TwoTopicsAsync();

        var partitions = await FetchAsync(
            $$"""{"timeout":60000,"partitions":[{{Place(a, 1, 0)}},{{Place(a, 9, 0)}},{{Place("no-such-topic", 0, "\"earliest\"")}},{{Place(a, 0, 17)}}]}""");

        Assert.Null(partitions[(a, 1)]["error_code"]);
        Assert.Equal(40403, partitions[(a, 9)]["error_code"]!.GetValue<int>());
        Assert.Equal(40403, partitions[("no-such-topic", 0)]["error_code"]!.GetValue<int>());
        Assert.Equal(41601, partitions[(a, 0)]["error_code"]!.GetValue<int>());
        Assert.Contains("0 to 3", partitions[(a, 0)]["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_WaitsUntilAnyPartitionHasARecord()
    {
        var (a, b) = await TwoTopicsAsync();
        var waiting = FetchAsync($$"""{"timeout":60000,"partitions":[{{Place(a, 1, 0)}},{{Place(b, 0, 0)}}]}""");
        var produced = 0;
        while (!waiting.IsCompleted)
            await service.ProduceAsync($"/topics/{b}/partitions/0", $$"""{"records":[{"value":{{produced++}}}]}""");
        Assert.Equal("0", Values((await waiting)[(b, 0)])[0]);
    }

    [Fact]
    public async Task Fetch_WhenNothingComes_IsEmptyAfterItsTime()
    {
        var (a, b) = await TwoTopicsAsync();
        var partitions = await FetchAsync($$"""{"timeout":20,"partitions":[{{Place(a, 1, 0)}},{{Place(b, 0, "\"latest\"")}}]}""");
        Assert.All(partitions.Values, partition => Assert.Empty(Values(partition)));
    }

    [Fact]
    public async Task Fetch_FromATimestamp_BeginsThere()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":0,"timestamp":1000},{"value":1,"timestamp":2000}]}""");
        foreach (var timestamp in new[] { "1500", "\"1970-01-01T00:00:02Z\"" })
        {
            var partitions = await FetchAsync($$"""{"partitions":[{"topic":"{{topic}}","partition":0,"timestamp":{{timestamp}}}]}""");
            Assert.Equal(["1"], Values(partitions[(topic, 0)]));
        }
    }

    [Fact]
    public async Task Fetch_WhenTheAnswerHasNoRoomForAll_ServesEachInItsTurnAndLosesNothing()
    {
        var topic = await service.CreateTopicAsync(partitions: 3);
        for (var i = 0; i < 30; i++)
            await service.ProduceAsync($"/topics/{topic}/partitions/{i % 3}", """{"records":[{"value":"xxxxxxxxxxxxxxxxxxxx"}]}""");
        var next = new long[3];
        var firsts = new HashSet<int>();
        for (var request = 0; next.Sum() < 30; request++)
        {
            var partitions = await FetchAsync($$"""{"timeout":0,"max_bytes":100,"partitions":[{{string.Join(',', Enumerable.Range(0, 3).Select(i => Place(topic, i, next[i])))}}]}""");
            var given = partitions.Values.Where(partition => Values(partition).Count > 0).ToList();
            Assert.InRange(given.Sum(partition => Values(partition).Count), 1, 5);
            firsts.Add(given[0]["partition"]!.GetValue<int>());
            foreach (var partition in given)
            {
                var number = partition["partition"]!.GetValue<int>();
                Assert.Equal(next[number], partition["records"]![0]!["offset"]!.GetValue<long>());
                Assert.Equal(next[number] + Values(partition).Count, partition["next_offset"]!.GetValue<long>());
                next[number] = partition["next_offset"]!.GetValue<long>();
            }
        }

        Assert.Equal([10, 10, 10], next);
        Assert.Equal(3, firsts.Count);
    }

    [Theory]
    [InlineData("\"count\":4", 4)]
    [InlineData("\"max_partition_bytes\":1", 2)]
    [InlineData("\"max_bytes\":1", 1)]
    [InlineData("\"format\":\"binary\"", 10)]
    public async Task Fetch_KeepsItsLimits_AndGivesAtLeastOneRecord(string limit, int records)
    {
        var topic = await service.CreateTopicAsync(partitions: 2);
        for (var i = 0; i < 10; i++)
            await service.ProduceAsync($"/topics/{topic}/partitions/{i % 2}", """{"records":[{"value":"xxxxxxxxxxxxxxxxxxxx"}]}""");
        var partitions = await FetchAsync($$"""{"partitions":[{{Place(topic, 0, 0)}},{{Place(topic, 1, 0)}}],{{limit}}}""");
        Assert.Equal(records, partitions.Values.Sum(partition => partition["records"]!.AsArray().Count));
    }

    [Fact]
    public async Task Fetch_OfRecordBatches_GivesThemAsTheyStandEachBehindItsLine()
    {
        var (a, b) = await TwoTopicsAsync();
        using var answer = await PostAsync($$"""{"timeout":0,"partitions":[{{Place(a, 0, 1)}},{{Place(b, 0, 0)}},{{Place(b, 1, 0)}},{{Place(a, 7, 0)}}]}""", "application/vnd.managedlog.recordbatch");
        Assert.Equal("application/vnd.managedlog.recordbatch; framing=partitions", answer.Content.Headers.ContentType!.ToString());
        ReadOnlyMemory<byte> left = await answer.Content.ReadAsByteArrayAsync();
        var found = new Dictionary<(string, int), (JsonNode Line, List<long> Offsets)>();
        while (left.Length > 0)
        {
            var end = left.Span.IndexOf((byte)'\n');
            var line = JsonNode.Parse(left[..end].Span)!;
            var batches = left.Slice(end + 1, line["length"]!.GetValue<int>());
            left = left[(end + 1 + batches.Length)..];
            var offsets = new List<long>();
            while (batches.Length > 0)
            {
                Assert.True(RecordBatchHeader.TryRead(batches.Span, out var header));
                offsets.Add(header.BaseOffset);
                batches = batches[header.SizeInBytes..];
            }

            found.Add((line["topic"]!.GetValue<string>(), line["partition"]!.GetValue<int>()), (line, offsets));
        }

        Assert.Equal([1, 2], found[(a, 0)].Offsets);
        Assert.Equal(3, found[(a, 0)].Line["next_offset"]!.GetValue<int>());
        Assert.Empty(found[(b, 0)].Offsets);
        Assert.Equal([0], found[(b, 1)].Offsets);
        Assert.Equal(40403, found[(a, 7)].Line["error_code"]!.GetValue<int>());
    }

    [Fact]
    public async Task Fetch_AsAStream_NamesTopicsInItsIdsAndIsResumedByThem()
    {
        var (a, b) = await TwoTopicsAsync();
        var body = $$"""{"timeout":0,"partitions":[{{Place(a, 0, 1)}},{{Place(b, 1, 0)}}]}""";

        using var whole = await EventStream.OpenAsync(service, Path, body: Json(body));
        var ids = new List<string>();
        while (await whole.RecordAsync() is not null)
            ids.Add(whole.LastId!);

        Assert.Equal([$"{a}/0:1,{b}/1:-1", $"{a}/0:1,{b}/1:0", $"{a}/0:2,{b}/1:0"], ids);
        for (var seen = 0; seen < ids.Count; seen++)
        {
            using var rest = await EventStream.OpenAsync(service, Path, ids[seen], body: Json(body));
            var again = 0;
            while (await rest.RecordAsync() is not null)
                again++;
            Assert.Equal(ids.Count - seen - 1, again);
        }
    }

    [Fact]
    public async Task Fetch_AsAStream_WhenAPartitionCannotBeRead_GoesOnWithTheOthers()
    {
        var (a, b) = await TwoTopicsAsync();
        using var stream = await EventStream.OpenAsync(service, Path, body: Json($$"""{"timeout":0,"partitions":[{{Place("no-such-topic", 0, 5)}},{{Place(b, 1, 0)}},{{Place(a, 0, 9)}}]}"""));
        Assert.Equal("no-such-topic", (await stream.ErrorAsync())["topic"]!.GetValue<string>());
        Assert.Equal(41601, (await stream.ErrorAsync())["error_code"]!.GetValue<int>());
        Assert.NotNull(await stream.RecordAsync());
        Assert.Equal($"no-such-topic/0:4,{b}/1:0,{a}/0:8", stream.LastId);
    }

    [Theory]
    [InlineData("", 422, 422, "empty")]
    [InlineData("[]", 400, 400, "JSON")]
    [InlineData("{}", 422, 422, "partitions")]
    [InlineData("""{"partitions":[]}""", 422, 422, "partitions")]
    [InlineData("""{"partitions":[null]}""", 400, 400, "object")]
    [InlineData("""{"partitions":[{"topic":"t","partition":0}]}""", 400, 40002, "offset")]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":1,"timestamp":1}]}""", 400, 40002, "both")]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":-1}]}""", 400, 40002, "offset")]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":"first"}]}""", 400, 40002, "earliest")]
    [InlineData("""{"partitions":[{"topic":"t","partition":-1,"offset":0}]}""", 400, 40002, "partition")]
    [InlineData("""{"partitions":[{"partition":0,"offset":0}]}""", 400, 40002, "topic")]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":0},{"topic":"t","partition":0,"offset":1}]}""", 400, 40002, "twice")]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":0,"epoch":1}]}""", 422, 422, "epoch")]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":0}],"wait":1}""", 422, 422, "wait")]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":0}],"timeout":-1}""", 400, 40002, "timeout")]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":0}],"max_partition_bytes":0}""", 400, 40002, "max_partition_bytes")]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":0}],"format":"xml"}""", 400, 40002, "format")]
    public async Task Fetch_WhenTheFormIsWrong_IsRefusedAsAWhole(string body, int status, int code, string word) =>
        await service.ExpectErrorAsync(HttpMethod.Post, Path, body, "application/json", status, code, word);

    [Fact]
    public async Task Fetch_OfTooManyPartitions_IsRefused()
    {
        var places = string.Join(',', Enumerable.Range(0, 101).Select(i => Place("t", i, 0)));
        await service.ExpectErrorAsync(HttpMethod.Post, Path, $$"""{"partitions":[{{places}}]}""", "application/json", 400, 40002, "100");
    }

    [Fact]
    public async Task Stream_WhoseIdsWouldNotFitInAHeader_IsRefused()
    {
        var name = new string('x', 240);
        var places = string.Join(',', Enumerable.Range(0, 50).Select(i => Place(name, i, 0)));
        using var answer = await PostAsync($$"""{"partitions":[{{places}}]}""", "text/event-stream");
        await TestService.ExpectErrorAsync(answer, 400, 40002, "fewer");
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    private static string Place(string topic, int partition, object offset) => $$"""{"topic":"{{topic}}","partition":{{partition}},"offset":{{offset}}}""";

    private static List<string> Values(JsonNode partition) => [.. partition["records"]!.AsArray().Select(record => record!["value"]!["data"]!.ToJsonString())];

    /// <summary>The first has 0, 1, 2 in its partition 0; the second 7 in its partition 1. Their other partition is empty.</summary>
    private async Task<(string First, string Second)> TwoTopicsAsync()
    {
        var topics = (await service.CreateTopicAsync(partitions: 2), await service.CreateTopicAsync(partitions: 2));
        for (var i = 0; i < 3; i++)
            await service.ProduceAsync($"/topics/{topics.Item1}/partitions/0", $$"""{"records":[{"value":{{i}}}]}""");
        await service.ProduceAsync($"/topics/{topics.Item2}/partitions/1", """{"records":[{"value":7}]}""");
        return topics;
    }

    private async Task<HttpResponseMessage> PostAsync(string body, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = Json(body) };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        return await service.Client.SendAsync(request);
    }

    private async Task<Dictionary<(string, int), JsonNode>> FetchAsync(string body)
    {
        using var answer = await PostAsync(body, "application/json");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!["partitions"]!.AsArray().ToDictionary(partition => (partition!["topic"]!.GetValue<string>(), partition["partition"]!.GetValue<int>()), partition => partition!);
    }
}

using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Tests.Compaction;

/// <summary>A compacted topic keeps the last record of each key, so it takes none without one, in whatever form it comes.</summary>
[Collection(SharedService.Name)]
public sealed class CompactedProduceTests(TestService service)
{
    private const string RecordBatch = "application/vnd.managedlog.recordbatch";

    private Task<string> CreateAsync(int partitions = 1) => service.CreateTopicAsync(partitions, ("cleanup.policy", "compact"));

    [Theory]
    [InlineData(TestService.Json, "\"k\"", "1")]
    [InlineData(TestService.Binary, "\"aw==\"", "\"aw==\"")]
    [InlineData(TestService.Text, "\"k\"", "\"v\"")]
    public async Task V2_WhenARecordHasNoKey_IsTheErrorOfItsPartitionAndOfNoOther(string type, string key, string value)
    {
        var topic = await CreateAsync(2);
        var body = $$"""{"records":[{"partition":0,"key":{{key}},"value":{{value}}},{"partition":0,"value":{{value}}},{"partition":1,"key":{{key}},"value":{{value}}}]}""";

        var offsets = await service.ProduceAsync($"/topics/{topic}", body, type);

        Assert.Equal([40002, 40002, null], offsets.Select(offset => (int?)offset!["error_code"]));
        Assert.Equal([null, null, 0L], offsets.Select(offset => (long?)offset!["offset"]));
        Assert.All(offsets.Take(2), offset => AssertSaysWhatToDo((string)offset!["error"]!));
        Assert.Contains("record 1 of batch 0", (string)offsets[0]!["error"]!, StringComparison.Ordinal);
        Assert.Equal((0, 1), (await service.EndAsync(topic), await service.EndAsync(topic, 1)));
        Assert.Equal(0, (long)(await service.ProduceAsync($"/topics/{topic}/partitions/0", $$"""{"records":[{"key":{{key}},"value":{{value}}}]}""", type))[0]!["offset"]!);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/partitions/0")]
    public async Task V2_WhenNothingOfTheRequestStands_Is400(string path)
    {
        var topic = await CreateAsync();
        await service.ExpectErrorAsync(
            HttpMethod.Post, $"/topics/{topic}{path}", """{"records":[{"key":1,"value":1},{"key":null,"value":2}]}""", TestService.Json, 400, 40002, "no key", "Give every record a key");
        Assert.Equal(0, await service.EndAsync(topic));
    }

    [Fact]
    public async Task V2_WithATombstoneAndAnEmptyKey_IsTaken()
    {
        var topic = await CreateAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"key":"k","value":null},{"key":"","value":""}]}""", TestService.Text);
        Assert.Equal(2, await service.EndAsync(topic));
    }

    [Fact]
    public async Task WholeBody_WithoutAKey_Is400AndAppendsNothing()
    {
        var topic = await CreateAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}?key=", "x", "text/plain", 400, 40002, "no key", "Give every record a key");
        Assert.Equal(0, await service.EndAsync(topic));
        using var taken = await service.SendAsync(HttpMethod.Post, $"/topics/{topic}?key=k", "x", "text/plain");
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task V3_WhenARecordOfTheStreamHasNoKey_IsItsOwnErrorAndTheOthersStand()
    {
        var topic = await CreateAsync();
        var body = """
            {"key":{"type":"STRING","data":"a"},"value":{"type":"JSON","data":1}}
            {"value":{"type":"JSON","data":2}}
            {"key":{"type":"JSON","data":null},"value":{"type":"JSON","data":3}}
            {"key":{"type":"STRING","data":"b"}}
            """;
        using var answer = await service.SendAsync(HttpMethod.Post, service.V3($"/topics/{topic}/records"), body);
        var reports = (await answer.Content.ReadAsStringAsync()).Split("\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => JsonNode.Parse(line)!).ToList();

        Assert.Equal([200, 40002, 40002, 200], reports.Select(report => (int)report["error_code"]!));
        Assert.Equal([0, null, null, 1], reports.Select(report => (int?)report["offset"]));
        AssertSaysWhatToDo((string)reports[1]["message"]!);
        Assert.Equal(["a", "b"], (await service.FetchAsync(topic, accept: TestService.Text)).Select(record => (string)record!["key"]!));
    }

    [Fact]
    public async Task V3_OfOneRecordWhoseStatusIsPreferred_Is400()
    {
        var topic = await CreateAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, service.V3($"/topics/{topic}/records"));
        request.Content = new StringContent("""{"value":{"type":"STRING","data":"x"}}""", Encoding.UTF8, "application/json");
        request.Headers.Add("Prefer", "http-status");
        using var answer = await service.Client.SendAsync(request);
        await TestService.ExpectErrorAsync(answer, 400, 40002, "no key", "give it a key");
        Assert.Equal(0, await service.EndAsync(topic));
    }

    [Fact]
    public async Task V3Batch_WhenAnEntryHasNoKey_IsItsOwnFailureAndTheOthersStand()
    {
        var topic = await CreateAsync();
        const string body = """
            {"entries":[{"id":"1","key":{"type":"STRING","data":"a"},"value":{"type":"STRING","data":"x"}},{"id":"2","value":{"type":"STRING","data":"y"}},{"id":"3","key":{"type":"STRING","data":"b"}}]}
            """;
        using var answer = await service.SendAsync(HttpMethod.Post, service.V3($"/topics/{topic}/records:batch"), body);
        var outcome = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;

        Assert.Equal([("1", 0), ("3", 1)], outcome["successes"]!.AsArray().Select(success => ((string)success!["id"]!, (int)success["offset"]!)));
        var failure = Assert.Single(outcome["failures"]!.AsArray())!;
        Assert.Equal(("2", 40002), ((string)failure["id"]!, (int)failure["error_code"]!));
        AssertSaysWhatToDo((string)failure["message"]!);
        Assert.Equal(2, await service.EndAsync(topic));
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    public async Task Raw_WhenOneOfItsBatchesHasARecordWithoutKey_Is400AndNoneOfThemStands(CompressionCodec codec)
    {
        var topic = await CreateAsync();
        byte[] batches = [.. Batch(codec, "a", "b"), .. Batch(codec, "c", null)];
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}/partitions/0", batches, RecordBatch, 400, 40002, "record 1 of batch 1 has no key", "Give every record a key");
        Assert.Equal(0, await service.EndAsync(topic));
        using var taken = await service.SendAsync(HttpMethod.Post, $"/topics/{topic}/partitions/0", Batch(codec, "a", "b"), RecordBatch);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    private static byte[] Batch(CompressionCodec codec, params string?[] keys)
    {
        var builder = new RecordBatchBuilder(codec);
        foreach (var key in keys)
            builder.Add(1_700_000_000_000, key is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(key), "value"u8.ToArray(), []);
        return builder.Build().ToArray();
    }

    private static void AssertSaysWhatToDo(string message)
    {
        Assert.Contains("no key", message, StringComparison.Ordinal);
        Assert.Contains("cleanup.policy", message, StringComparison.Ordinal);
        Assert.Contains("a key", message[message.IndexOf("cleanup.policy", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }
}

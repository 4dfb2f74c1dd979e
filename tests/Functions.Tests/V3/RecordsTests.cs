using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

/// <summary>Streaming produce with whole bodies; <see cref="RecordsStreamTests"/> has those that arrive over time.</summary>
[Collection(SharedService.Name)]
public sealed class RecordsTests(TestService service)
{
    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData(" \r\n\t ")]
    public async Task Produce_OfDocumentsOneAfterAnother_ReportsEachInOrder(string between)
    {
        var topic = await service.CreateTopicAsync();
        var reports = await ProduceAsync(topic, string.Join(between, Enumerable.Range(0, 100).Select(i => $$$"""{"value":{"type":"JSON","data":{{{i}}}}}""")));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i), reports.Select(report => (long)report["offset"]!));
        Assert.Equal(Enumerable.Range(0, 100), (await service.FetchAsync(topic)).Select(record => (int)record!["value"]!));
    }

    [Fact]
    public async Task Report_DescribesTheRecord()
    {
        var topic = await service.CreateTopicAsync(3);
        var report = (await ProduceAsync(
            topic,
            """{"partition_id":2,"key":{"type":"BINARY","data":"a2V5"},"value":{"data":"foo","type":"JSON"},"timestamp":"2026-01-31T23:59:59.5+01:00","headers":[{"name":"h","value":"YQ=="},{"key":"n"}]}""")).Single();
        Assert.Equal(
            $$$"""{"error_code":200,"cluster_id":"{{{service.Cluster}}}","topic_name":"{{{topic}}}","partition_id":2,"offset":0,"timestamp":"2026-01-31T22:59:59.500Z","key":{"type":"BINARY","size":3},"value":{"type":"JSON","size":5}}""",
            report.ToJsonString());
        Assert.Equal(
            $$"""[{"topic":"{{topic}}","key":"a2V5","value":"ImZvbyI=","partition":2,"offset":0,"timestamp":1769900399500,"headers":[{"key":"h","value":"YQ=="},{"key":"n","value":null}]}]""",
            (await service.FetchAsync(topic, 2, accept: TestService.Binary)).ToJsonString());
    }

    [Fact]
    public async Task Produce_OfAnEmptyRecord_HasNullKeyAndValue()
    {
        var topic = await service.CreateTopicAsync();
        var report = (await ProduceAsync(topic, "{}")).Single().AsObject();
        Assert.False(report.ContainsKey("key"));
        Assert.False(report.ContainsKey("value"));
        var record = (await service.FetchAsync(topic, accept: TestService.Binary))[0]!;
        Assert.Equal((null, null), ((string?)record["key"], (string?)record["value"]));
    }

    [Theory]
    [InlineData("""{"type":"STRING","data":""}""", "", 0)]
    [InlineData("""{"type":"STRING","data":"é"}""", "w6k=", 2)]
    [InlineData("""{"type":"BINARY","data":"YQ=="}""", "YQ==", 1)]
    [InlineData("""{"type":"JSON","data":{ "a" : 1 }}""", "eyJhIjoxfQ==", 7)]
    [InlineData("""{"type":"JSON","data":null}""", null, 0)]
    [InlineData("""{"type":"BINARY"}""", null, 0)]
    [InlineData("""{"type":"STRING","data":null,"schema_id":null}""", null, 0)]
    public async Task Produce_OfEachType_StoresItsBytes(string value, string? stored, int size)
    {
        var topic = await service.CreateTopicAsync();
        var report = (await ProduceAsync(topic, $$"""{"value":{{value}}}""")).Single();
        Assert.Equal(size, (int)report["value"]!["size"]!);
        Assert.Equal(stored, (string?)(await service.FetchAsync(topic, accept: TestService.Binary))[0]!["value"]);
    }

    [Theory]
    [InlineData("[]", 400, "object")]
    [InlineData("""{"records":[]}""", 400, "records")]
    [InlineData("""{"partition_id":"0"}""", 400, "partition_id")]
    [InlineData("""{"partition_id":7}""", 40402, "7")]
    [InlineData("""{"partition_id":-1}""", 40402, "-1")]
    [InlineData("""{"timestamp":5}""", 400, "timestamp")]
    [InlineData("""{"timestamp":"yesterday"}""", 400, "timestamp")]
    [InlineData("""{"timestamp":"1969-12-31T23:59:59Z"}""", 400, "timestamp")]
    [InlineData("""{"timestamp":"9999-12-31T23:59:59Z"}""", 40002, "message.timestamp.after.max.ms")]
    [InlineData("""{"headers":{}}""", 400, "headers")]
    [InlineData("""{"headers":[{"value":"YQ=="}]}""", 400, "key")]
    [InlineData("""{"headers":[{"name":"h","value":"%"}]}""", 400, "base64")]
    [InlineData("""{"value":"x"}""", 400, "value")]
    [InlineData("""{"value":{"type":"BINARY","data":"%"}}""", 400, "base64")]
    [InlineData("""{"value":{"type":"BINARY","data":1}}""", 400, "base64")]
    [InlineData("""{"value":{"type":"STRING","data":1}}""", 400, "string")]
    [InlineData("""{"value":{"type":"STRING","data":"\ud83d"}}""", 400, "Unicode")]
    [InlineData("""{"value":{"type":"JSON","data":1,"more":2}}""", 400, "more")]
    [InlineData("""{"value":{"type":"JSON","data":1,"schema_id":2}}""", 400, "schema_id")]
    [InlineData("""{"value":{"type":"JSON","data":1},"value":{"type":"JSON","data":1}}""", 400, "twice")]
    [InlineData("""{"value":{"type":"AVRO","data":1,"schema_id":7}}""", 42202, "JSON")]
    [InlineData("""{"key":{"type":"PROTOBUF","data":1}}""", 42201, "JSON")]
    [InlineData("""{"value":{"data":1}}""", 42202, "type")]
    [InlineData("""{"value":{"type":"XML","data":1}}""", 400, "BINARY")]
    [InlineData("""{"value":{"type":"string","data":"a"}}""", 400, "STRING")]
    [InlineData("""{"value":{"type":1,"data":1}}""", 400, "JSON")]
    public async Task Produce_WhenARecordIsNotGood_ReportsItInItsPlaceAndGoesOn(string bad, int code, string word)
    {
        var topic = await service.CreateTopicAsync();
        var reports = await ProduceAsync(topic, $$$"""{"value":{"type":"JSON","data":1}}{{{bad}}}{"value":{"type":"JSON","data":2}}""");
        Assert.Equal([200, code, 200], reports.Select(report => (int)report["error_code"]!));
        Assert.Contains(word, (string)reports[1]["message"]!, StringComparison.Ordinal);
        Assert.Equal([1, 2], (await service.FetchAsync(topic)).Select(record => (int)record!["value"]!));
    }

    [Theory]
    [InlineData("""{"value":}""")]
    [InlineData("""{"records":[}""")]
    [InlineData("x")]
    [InlineData("1 ")]
    [InlineData("}")]
    [InlineData("""{"value":{"type":"JSON","data":1}""")]
    [InlineData("""{"value":{"type":"JSON","data":"}""")]
    public async Task Produce_WhenItIsNoJson_EndsTheStreamAfterItsReport(string bad)
    {
        var topic = await service.CreateTopicAsync();
        var reports = await ProduceAsync(topic, $$$"""{"value":{"type":"JSON","data":1}}{{{bad}}}{"value":{"type":"JSON","data":2}}""");
        Assert.Equal([200, 400], reports.Select(report => (int)report["error_code"]!));
        Assert.Equal(1, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Produce_WhenARecordIsLargerThanTheTopicTakes_EndsTheStreamAfterItsReport()
    {
        var topic = await service.CreateTopicAsync(1, ("max.message.bytes", "2000"));
        var reports = await ProduceAsync(topic, $$$"""{"value":{"type":"JSON","data":1}}{"value":{"type":"STRING","data":"{{{new string('x', 2000)}}}"}}{"value":{"type":"JSON","data":2}}""");
        Assert.Equal([200, 413], reports.Select(report => (int)report["error_code"]!));
        Assert.Contains("2000", (string)reports[1]["message"]!, StringComparison.Ordinal);
        Assert.Equal(1, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Produce_WhenADocumentIsLargerThanAnyGoodRecord_EndsTheStreamWithoutWaitingForItsEnd()
    {
        var topic = await service.CreateTopicAsync(1, ("max.message.bytes", "2000"));
        await using var connection = await RawConnection.OpenAsync(service.Address);
        await connection.PostChunkedAsync(service.V3($"/topics/{topic}/records"));
        await connection.HeadersAsync();
        await connection.SendChunkAsync("""{"value":{"type":"STRING","data":" """ + new string('x', 100_000));
        Assert.Equal(413, (int)JsonNode.Parse((await connection.ChunkAsync())!)!["error_code"]!);
        Assert.Null(await connection.ChunkAsync());
    }

    [Fact]
    public async Task Produce_ToAnUnknownTopic_IsEachRecordsError()
    {
        var reports = await ProduceAsync("no-such-topic", "{}{}");
        Assert.Equal([40403, 40403], reports.Select(report => (int)report["error_code"]!));
        Assert.All(reports, report => Assert.Contains("no-such-topic", (string)report["message"]!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Produce_WithoutBody_Is422()
    {
        var path = service.V3($"/topics/{await service.CreateTopicAsync()}/records");
        await service.ExpectErrorAsync(HttpMethod.Post, path, "", "application/json", 422, 42206, "empty");
    }

    [Fact]
    public async Task Produce_OfNothingButWhiteSpace_ReportsThat()
    {
        var reports = await ProduceAsync(await service.CreateTopicAsync(), " \r\n");
        Assert.Equal(42206, (int)reports.Single()["error_code"]!);
    }

    [Theory]
    [InlineData("text/plain", 415, 415)]
    [InlineData(null, 415, 415)]
    [InlineData("application/json; charset=DEADBEEF", 400, 400)]
    public async Task Produce_WhenTheTypeIsNotGood_AppendsNothing(string? type, int status, int code)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3($"/topics/{topic}/records"), "{}", type, status, code);
        Assert.Equal(0, await service.EndAsync(topic));
    }

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json; charset=\"UTF-8\"")]
    public async Task Produce_InUtf8_SaysSoOrNot(string type)
    {
        var topic = await service.CreateTopicAsync();
        await ProduceAsync(topic, Encoding.UTF8.GetBytes("""{"value":{"type":"STRING","data":"é"}}"""), type);
        Assert.Equal("é", (string)(await service.FetchAsync(topic, accept: TestService.Text))[0]!["value"]!);
    }

    [Fact]
    public async Task Produce_InLatin1_StoresUtf8()
    {
        var topic = await service.CreateTopicAsync();
        await ProduceAsync(topic, Encoding.Latin1.GetBytes("""{"value":{"type":"STRING","data":"é"}}"""), "application/json; charset=ISO-8859-1");
        Assert.Equal("é", (string)(await service.FetchAsync(topic, accept: TestService.Text))[0]!["value"]!);
    }

    [Fact]
    public async Task Produce_WhenARecordIsNotUtf8_ReportsItInItsPlace()
    {
        var topic = await service.CreateTopicAsync();
        var reports = await ProduceAsync(topic, [.. """{"value":{"type":"STRING","data":" """u8, 0xC3, 0x28, .. "\"}}{}"u8], "application/json");
        Assert.Equal([400, 200], reports.Select(report => (int)report["error_code"]!));
    }

    [Fact]
    public async Task Produce_OfManyRecordsToManyPartitions_KeepsTheOrderOfEach()
    {
        const int Count = 20_000;
        var topic = await service.CreateTopicAsync(5, ("max.message.bytes", "20000"));
        var reports = await ProduceAsync(topic, string.Join('\n', Enumerable.Range(0, Count).Select(i => $$$"""{"key":{"type":"STRING","data":"{{{i % 97}}}"},"value":{"type":"JSON","data":{{{i}}}}}""")));
        Assert.Equal(Count, reports.Count);
        var stored = new Dictionary<(int, long), int>();
        for (var partition = 0; partition < 5; partition++)
        {
            long next = 0;
            var last = -1;
            while (await service.FetchAsync(topic, partition, $"offset={next}&timeout=0", TestService.Binary) is { Count: > 0 } records)
            {
                foreach (var record in records)
                {
                    var value = int.Parse(Encoding.UTF8.GetString(Convert.FromBase64String((string)record!["value"]!)));
                    Assert.True(value > last, $"{value} after {last}");
                    last = value;
                    Assert.Equal(next++, (long)record["offset"]!);
                    stored.Add((partition, (long)record["offset"]!), value);
                }
            }
        }

        for (var i = 0; i < Count; i++)
            Assert.Equal(i, stored[((int)reports[i]["partition_id"]!, (long)reports[i]["offset"]!)]);
    }

    private Task<List<JsonNode>> ProduceAsync(string topic, string body) => ProduceAsync(topic, Encoding.UTF8.GetBytes(body), "application/json");

    private async Task<List<JsonNode>> ProduceAsync(string topic, byte[] body, string type)
    {
        using var answer = await service.SendAsync(HttpMethod.Post, service.V3($"/topics/{topic}/records"), body, type);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
        return [.. text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(report => JsonNode.Parse(report)!)];
    }
}

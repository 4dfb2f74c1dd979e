using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V2;

[Collection(SharedService.Name)]
public sealed class ProduceTests(TestService service)
{
    [Fact]
    public async Task Produce_GivesEachRecordItsOffset_InTheOrderOfTheRequest()
    {
        var topic = await service.CreateTopicAsync(3);
        using var answer = await service.SendAsync(
            HttpMethod.Post,
            $"/topics/{topic}",
            """{"records":[{"value":"a","partition":0},{"value":"b","partition":2},{"value":"c","partition":0},{"value":"d","partition":2}]}""",
            TestService.Json);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(TestService.V2, answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            """
            {"offsets":[{"partition":0,"offset":0,"error_code":null,"error":null},{"partition":2,"offset":0,"error_code":null,"error":null},
            {"partition":0,"offset":1,"error_code":null,"error":null},{"partition":2,"offset":1,"error_code":null,"error":null}],
            "key_schema_id":null,"value_schema_id":null}
            """.ReplaceLineEndings(""),
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Produce_OfJson_KeepsEveryValueAsItWasGiven()
    {
        var topic = await service.CreateTopicAsync();
        string[] values = ["\"text\"", "null", "43.2", "9007199254740993", "-9223372036854775808", "1.10", "true", "[]", """{"foo":"bar","bar":null,"é":[1,{"x":" "}]}""", "\"\"", "0", "false", "{}"];
        await service.ProduceAsync($"/topics/{topic}", $$"""{ "records" : [ {{string.Join(" , ", values.Select(value => $$"""{ "key" : {{value}} , "value" : {{value}} }"""))}} ] }""");
        using var answer = await service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0", accept: TestService.Json);
        var text = await answer.Content.ReadAsStringAsync();
        foreach (var value in values)
            Assert.Contains($"\"key\":{value},\"value\":{value},", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Produce_OfJson_StoresTheCompactForm()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value": { "a" : [ 1, 2 ] } }]}""");
        Assert.Equal("eyJhIjpbMSwyXX0=", (await service.FetchAsync(topic, accept: TestService.Binary))[0]!["value"]!.GetValue<string>());
    }

    [Fact]
    public async Task Produce_WithTheSameKeyInTwoSpellings_GoesToOnePartition()
    {
        var topic = await service.CreateTopicAsync(50);
        var offsets = await service.ProduceAsync($"/topics/{topic}", """{"records":[{"key":"caf\u00e9","value":1},{"key":"café","value":2}]}""");
        Assert.Equal(offsets[0]!["partition"]!.GetValue<int>(), offsets[1]!["partition"]!.GetValue<int>());
    }

    /// <summary>From Kafka's own clients: the default partitioner's choice for these UTF-8 keys among 12 partitions (murmur2).</summary>
    [Fact]
    public async Task Produce_WithAKey_ChoosesThePartitionThatKafkasClientsChoose()
    {
        var topic = await service.CreateTopicAsync(12);
        var offsets = await service.ProduceAsync($"/topics/{topic}", """{"records":[{"key":"MjE=","value":"YQ=="},{"key":"Zm9vYmFy","value":"YQ=="}]}""", TestService.Binary);

        // Kafka's UtilsTest: murmur2("21") = -973932308, murmur2("foobar") = -790332482.
        Assert.Equal((-973932308 & int.MaxValue) % 12, offsets[0]!["partition"]!.GetValue<int>());
        Assert.Equal((-790332482 & int.MaxValue) % 12, offsets[1]!["partition"]!.GetValue<int>());
    }

    [Fact]
    public async Task Produce_WithoutKey_ReachesEveryPartitionOverManyRequests()
    {
        var topic = await service.CreateTopicAsync(3);
        var partitions = new HashSet<int>();
        for (var i = 0; i < 200; i++)
            partitions.Add((await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1}]}"""))[0]!["partition"]!.GetValue<int>());
        Assert.Equal([0, 1, 2], partitions.Order());
    }

    [Fact]
    public async Task Produce_ToAPartition_IsWhereRecordsWithoutTheirOwnGo()
    {
        var topic = await service.CreateTopicAsync(3);
        var offsets = await service.ProduceAsync($"/topics/{topic}/partitions/1", """{"records":[{"key":"k","value":1},{"value":2,"partition":2},{"value":3,"partition":null}]}""");
        Assert.Equal([1, 2, 1], offsets.Select(offset => offset!["partition"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Produce_WithHeadersAndTimestamp_GivesThemBack()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(
            $"/topics/{topic}",
            """{"records":[{"value":1,"timestamp":1234567890123,"headers":[{"key":"h","value":"YQ=="},{"key":"h","value":null},{"name":"é","value":""}]},{"value":2}]}""");
        var records = await service.FetchAsync(topic);
        Assert.Equal(1234567890123, records[0]!["timestamp"]!.GetValue<long>());
        Assert.Equal("""[{"key":"h","value":"YQ=="},{"key":"h","value":null},{"key":"é","value":""}]""", records[0]!["headers"]!.ToJsonString(JsonAsIs));
        Assert.InRange(records[1]!["timestamp"]!.GetValue<long>(), DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeMilliseconds());
        Assert.False(records[1]!.AsObject().ContainsKey("headers"));
    }

    [Fact]
    public async Task Produce_WhenTheTopicKeepsAppendTime_IgnoresTheRecordsOwn()
    {
        var topic = await service.CreateTopicAsync(1, ("message.timestamp.type", "LogAppendTime"));
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1,"timestamp":5}]}""");
        Assert.True((await service.FetchAsync(topic))[0]!["timestamp"]!.GetValue<long>() > 5);
    }

    [Fact]
    public async Task Produce_OfNullAndEmpty_KeepsThemApart()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"key":"","value":null},{"key":null,"value":""},{}]}""", TestService.Binary);
        Assert.Equal(
            [("", null), (null, ""), (null, null)],
            (await service.FetchAsync(topic, accept: TestService.Binary)).Select(record => ((string?)record!["key"], (string?)record["value"])));
    }

    [Fact]
    public async Task Produce_OfText_StoresTheTextItself()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"key":"k","value":"é\n\u0041"}]}""", TestService.Text);
        Assert.Equal("é\nA", (await service.FetchAsync(topic, accept: TestService.Text))[0]!["value"]!.GetValue<string>());
        Assert.Equal("w6kKQQ==", (await service.FetchAsync(topic, accept: TestService.Binary))[0]!["value"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData(TestService.V2)]
    [InlineData(TestService.Binary)]
    public async Task Produce_WithTheFormatInTheQuery_TakesAnyOfOurTypes(string type)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}?format=json", """{"records":[{"value":{"a":1}}]}""", type);
        Assert.Equal(1, (await service.FetchAsync(topic))[0]!["value"]!["a"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("all", 0)]
    [InlineData("-1", 0)]
    [InlineData("1", 0)]
    public async Task Produce_WithAcks_IsAnsweredWhenItStands(string acks, long offset)
    {
        var topic = await service.CreateTopicAsync();
        Assert.Equal(offset, (await service.ProduceAsync($"/topics/{topic}?acks={acks}", """{"records":[{"value":1}]}"""))[0]!["offset"]!.GetValue<long>());
    }

    [Fact]
    public async Task Produce_WithoutAcks_Is202AndKnowsNoOffset()
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await service.SendAsync(HttpMethod.Post, $"/topics/{topic}?acks=0", """{"records":[{"value":1}]}""", TestService.Json);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var offset = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["offsets"]![0]!;
        Assert.Equal("""{"partition":0,"offset":null,"error_code":null,"error":null}""", offset.ToJsonString());
        Assert.Single(await service.FetchAsync(topic, query: "offset=0&timeout=60000"));
    }

    [Fact]
    public async Task Produce_Async_Is204AndArrives()
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await service.SendAsync(HttpMethod.Post, $"/topics/{topic}?async=true", """{"records":[{"value":1},{"value":2}]}""", TestService.Json);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(2, (await service.FetchAsync(topic, query: "offset=0&timeout=60000")).Count);
    }

    [Fact]
    public async Task Produce_OfMoreThanABatchHolds_MakesSeveralWithoutAGap()
    {
        var topic = await service.CreateTopicAsync(1, ("max.message.bytes", "1000"));
        var value = new string('x', 300);
        var offsets = await service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{{string.Join(',', Enumerable.Range(0, 50).Select(i => $$"""{"value":"{{i}} {{value}}"}"""))}}]}""");
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), offsets.Select(offset => offset!["offset"]!.GetValue<long>()));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i} {value}"), (await service.FetchAsync(topic)).Select(record => record!["value"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Produce_WhenOneRecordNamesAnUnknownPartition_IsThatRecordsErrorOnly()
    {
        var topic = await service.CreateTopicAsync(2);
        var offsets = await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1,"partition":0},{"value":2,"partition":500},{"value":3,"partition":-1},{"value":4,"partition":1}]}""");
        Assert.Equal([0L, null, null, 0L], offsets.Select(offset => (long?)offset!["offset"]));
        Assert.Equal([null, 40402, 40402, null], offsets.Select(offset => (int?)offset!["error_code"]));
        Assert.Contains("500", offsets[1]!["error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal((1, 1), (await service.EndAsync(topic), await service.EndAsync(topic, 1)));
    }

    [Fact]
    public async Task Produce_ToPartitionsThatWereJustAdded_FindsThem()
    {
        var topic = await service.CreateTopicAsync(1);
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1}]}""");
        using var grown = await service.SendAsync(HttpMethod.Patch, service.V3($"/topics/{topic}"), """{"partitions_count":3}""");
        Assert.Equal(HttpStatusCode.OK, grown.StatusCode);
        Assert.Equal(0, (await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1,"partition":2}]}"""))[0]!["offset"]!.GetValue<long>());
    }

    private static readonly System.Text.Json.JsonSerializerOptions JsonAsIs = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}

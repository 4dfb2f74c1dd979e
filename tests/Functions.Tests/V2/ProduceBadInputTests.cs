using System.Text;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V2;

/// <summary>A request that is refused for its form appends nothing, and the next one is served as if it had not been.</summary>
[Collection(SharedService.Name)]
public sealed class ProduceBadInputTests(TestService service)
{
    private const string GoodThenBad = """{"records":[{"value":1},""";

    public static TheoryData<string, int, int, string> Bodies => new()
    {
        { "", 422, 422, "empty" },
        { " \r\n", 422, 422, "empty" },
        { "{}", 422, 422, "records" },
        { """{"records":[]}""", 422, 422, "records" },
        { """{"records":null}""", 422, 422, "records" },
        { """{"foo":"bar"}""", 422, 422, "foo" },
        { """{"records":[{"value":1}],"foo":1}""", 422, 422, "foo" },
        { """{"records":[{"value":1}],"value_schema_id":7}""", 422, 422, "Schemas" },
        { """{"records":[{"value":1}],"records":[{"value":1}]}""", 400, 400, "twice" },
        { "[]", 400, 400, "object" },
        { "1", 400, 400, "object" },
        { """{"records":{}}""", 400, 400, "array" },
        { """{"records":[1]}""", 400, 400, "Record 0" },
        { GoodThenBad + """{"valur":1}]}""", 422, 422, "valur" },
        { GoodThenBad + """{"value":1,"value":2}]}""", 400, 400, "twice" },
        { GoodThenBad + """{"value":1,"partition":"0"}]}""", 400, 400, "partition" },
        { GoodThenBad + """{"value":1,"partition":0.5}]}""", 400, 400, "partition" },
        { GoodThenBad + """{"value":1,"partition":99999999999}]}""", 400, 400, "partition" },
        { GoodThenBad + """{"value":1,"timestamp":-1}]}""", 400, 400, "timestamp" },
        { GoodThenBad + """{"value":1,"timestamp":"2026-01-01"}]}""", 400, 400, "timestamp" },
        { GoodThenBad + """{"value":1,"timestamp":9999999999999}]}""", 400, 40002, "Record 1" },
        { GoodThenBad + """{"value":1,"headers":{}}]}""", 400, 400, "headers" },
        { GoodThenBad + """{"value":1,"headers":[1]}]}""", 400, 400, "headers" },
        { GoodThenBad + """{"value":1,"headers":[{"value":"YQ=="}]}]}""", 400, 400, "key" },
        { GoodThenBad + """{"value":1,"headers":[{"key":"h","value":"%"}]}]}""", 400, 400, "base64" },
        { GoodThenBad + """{"value":1,"headers":[{"key":"h","other":1}]}]}""", 422, 422, "other" },
        { GoodThenBad + """{"value":"\ud83d"}]}""", 400, 400, "Unicode" },
        { GoodThenBad + """{"value":tru}]}""", 400, 400, "Malformed" },
        { GoodThenBad + """{"value":1}]""", 400, 400, "Malformed" },
        { GoodThenBad + """{"value":1}]} x""", 400, 400, "Malformed" },
        { GoodThenBad + """{"value":01}]}""", 400, 400, "Malformed" },
        { GoodThenBad + """{"value":NaN}]}""", 400, 400, "Malformed" },
        { GoodThenBad + """{"value":1},]}""", 400, 400, "Malformed" },
        { GoodThenBad + "{\"value\":" + new string('[', 100) + new string(']', 100) + "}]}", 400, 400, "Malformed" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Produce_WhenTheBodyIsNotGood_AppendsNothing(string body, int status, int code, string word)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}", body, TestService.Json, status, code, word);
        await AssertNothingAppendedAndAliveAsync(topic);
    }

    [Theory]
    [InlineData("\"not base64\"")]
    [InlineData("\"YQ\"")]
    [InlineData("\"Y-_=\"")]
    [InlineData("1")]
    [InlineData("{}")]
    public async Task Produce_WhenItIsNotBase64_AppendsNothing(string value)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}", $$"""{"records":[{"value":"YQ=="},{"value":{{value}}}]}""", TestService.Binary, 400, 400, "Record 1", "base64");
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}", $$"""{"records":[{"value":"YQ=="},{"key":{{value}}}]}""", TestService.Binary, 400, 400, "Record 1", "base64");
        await AssertNothingAppendedAndAliveAsync(topic);
    }

    [Fact]
    public async Task Produce_WhenTextIsNoString_AppendsNothing()
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}", """{"records":[{"value":"a"},{"value":1}]}""", TestService.Text, 400, 400, "Record 1");
        await AssertNothingAppendedAndAliveAsync(topic);
    }

    [Fact]
    public async Task Produce_WhenTheBodyIsNotUtf8_AppendsNothing()
    {
        var topic = await service.CreateTopicAsync();
        byte[] body = [.. """{"records":[{"value":1},{"value":" """u8, 0xC3, 0x28, .. "\"}]}"u8];
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}", body, TestService.Json, 400, 400, "UTF-8");
        await AssertNothingAppendedAndAliveAsync(topic);
    }

    [Fact]
    public async Task Produce_WhenARecordIsLargerThanTheTopicTakes_IsRefusedAsAWhole()
    {
        var topic = await service.CreateTopicAsync(1, ("max.message.bytes", "2000"));
        var body = $$"""{"records":[{"value":1},{"value":"{{new string('x', 2000)}}"}]}""";
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}", body, TestService.Json, 413, 413, topic, "Record 1", "2000", "max.message.bytes");
        await AssertNothingAppendedAndAliveAsync(topic);
    }

    [Fact]
    public async Task Produce_WhenARecordFitsToTheByte_IsTaken_AndOneByteMoreIsNot()
    {
        // 61 bytes of batch header, and 9 around a value of this size: length (2), attributes, two deltas, no key, length of the value (2), no headers.
        var topic = await service.CreateTopicAsync(1, ("max.message.bytes", "1000"));
        await service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"{{new string('x', 1000 - 61 - 9)}}"}]}""", TestService.Text);
        await service.ExpectErrorAsync(
            HttpMethod.Post, $"/topics/{topic}", $$"""{"records":[{"value":"{{new string('x', 1000 - 61 - 8)}}"}]}""", TestService.Text, 413, 413, "1000");
    }

    [Theory]
    [InlineData(null, "no Content-Type")]
    [InlineData("application/json", "application/json")]
    [InlineData(TestService.V2, TestService.V2)]
    [InlineData("text/plain", "text/plain")]
    public async Task Produce_WhenTheTypeDoesNotSayTheFormat_Is415(string? type, string word)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}", """{"records":[{"value":"YQ=="}]}""", type, 415, 415, word, TestService.Binary);
        await AssertNothingAppendedAndAliveAsync(topic);
    }

    [Theory]
    [InlineData("?format=xml", 400, 40002, "format")]
    [InlineData("?format=1", 400, 40002, "format")]
    [InlineData("?acks=2", 400, 40002, "acks")]
    [InlineData("?async=maybe", 400, 400, "async")]
    public async Task Produce_WhenAParameterIsNotGood_AppendsNothing(string query, int status, int code, string word)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}{query}", """{"records":[{"value":1}]}""", TestService.Json, status, code, word);
        await AssertNothingAppendedAndAliveAsync(topic);
    }

    [Fact]
    public async Task Produce_WhenTheAnswerIsNotAcceptable_AppendsNothing()
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await service.SendAsync(HttpMethod.Post, $"/topics/{topic}", """{"records":[{"value":1}]}""", TestService.Json, accept: "text/csv");
        await TestService.ExpectErrorAsync(answer, 406, 406, "text/csv");
        await AssertNothingAppendedAndAliveAsync(topic);
    }

    [Fact]
    public async Task Produce_WhenTheBodyIsCompressedInAnUnknownWay_Is415()
    {
        var topic = await service.CreateTopicAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/topics/{topic}") { Content = new ByteArrayContent([31, 139]) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", TestService.Json);
        request.Content.Headers.ContentEncoding.Add("zstd");
        using var answer = await service.Client.SendAsync(request);
        await TestService.ExpectErrorAsync(answer, 415, 415, "zstd");
        await AssertNothingAppendedAndAliveAsync(topic);
    }

    [Theory]
    [InlineData("/topics/no-such-topic", 40401)]
    [InlineData("/topics/no-such-topic/partitions/0", 40401)]
    [InlineData("/topics/no%20such%2Ftopic", 40401)]
    public Task Produce_WhenTheTopicIsUnknown_Is404(string path, int code) =>
        service.ExpectErrorAsync(HttpMethod.Post, path, """{"records":[{"value":1}]}""", TestService.Json, 404, code, "not found");

    [Theory]
    [InlineData("1")]
    [InlineData("-1")]
    [InlineData("x")]
    public async Task Produce_WhenThePartitionInThePathIsUnknown_Is404(string partition)
    {
        var topic = await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}/partitions/{partition}", """{"records":[{"value":1,"partition":0}]}""", TestService.Json, 404, 40402, topic, partition);
        await AssertNothingAppendedAndAliveAsync(topic);
    }

    [Fact]
    public async Task Produce_WhenTheClientBreaksOff_AppendsNothing()
    {
        var topic = await service.CreateTopicAsync();
        await using (var connection = await RawConnection.OpenAsync(service.Address))
        {
            await connection.PostAsync($"/topics/{topic}", TestService.Json, "Content-Length: 1000");
            await connection.SendAsync("""{"records":[{"value":1}]}""");
            connection.BreakOff();
            await connection.ClosedAsync();
        }

        await using (var connection = await RawConnection.OpenAsync(service.Address))
        {
            await connection.PostChunkedAsync($"/topics/{topic}", TestService.Json);
            await connection.SendChunkAsync("""{"records":[{"value":1}]}""");
            connection.BreakOff();
            await connection.ClosedAsync();
        }

        await AssertNothingAppendedAndAliveAsync(topic);
    }

    [Fact]
    public async Task Produce_WhenAChunkIsNoChunk_Is400AndAppendsNothing()
    {
        var topic = await service.CreateTopicAsync();
        await using var connection = await RawConnection.OpenAsync(service.Address);
        await connection.PostChunkedAsync($"/topics/{topic}", TestService.Json);
        await connection.SendChunkAsync("""{"records":[{"value":1}]}""");
        await connection.SendAsync("not a length\r\n");
        Assert.StartsWith("HTTP/1.1 400", await connection.HeadersAsync(), StringComparison.Ordinal);
        await AssertNothingAppendedAndAliveAsync(topic);
    }

    private async Task AssertNothingAppendedAndAliveAsync(string topic)
    {
        Assert.Equal(0, await service.EndAsync(topic));
        Assert.Equal(0, (await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1}]}"""))[0]!["offset"]!.GetValue<long>());
    }
}

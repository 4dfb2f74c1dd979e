using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Http;

[Collection(SharedService.Name)]
public sealed class CompressionTests(TestService service)
{
    [Fact]
    public async Task Produce_WithAGzippedBody_StoresWhatIsInIt()
    {
        var topic = await service.CreateTopicAsync();
        using var v2 = await SendAsync($"/topics/{topic}", TestService.Json, Gzip("""{"records":[{"value":"a"}]}"""));
        Assert.Equal(HttpStatusCode.OK, v2.StatusCode);
        using var v3 = await SendAsync(service.V3($"/topics/{topic}/records"), "application/json", Gzip("""{"value":{"type":"JSON","data":"b"}}"""));
        Assert.Equal(1, (int)JsonNode.Parse(await v3.Content.ReadAsStringAsync())!["offset"]!);
        Assert.Equal(["a", "b"], (await service.FetchAsync(topic)).Select(record => (string)record!["value"]!));
    }

    public static TheoryData<string, int> DamagedBodies() => new() { { "no gzip", 0 }, { "cut", 1 }, { "cut", 8 }, { "cut", 12 }, { "cut", 20 }, { "changed", 0 }, { "nothing", 0 } };

    [Theory]
    [MemberData(nameof(DamagedBodies))]
    public async Task Produce_WhenTheBodyIsNotGzip_AppendsNothing(string kind, int cut)
    {
        var topic = await service.CreateTopicAsync();
        var body = Gzip(new string('x', 5000));
        body = kind switch { "no gzip" => "just text"u8.ToArray(), "nothing" => [0], _ => body[..^cut] };
        if (kind == "changed")
            body[^6] ^= 0xFF;
        using var answer = await SendAsync($"/topics/{topic}?key=k", "text/plain", body);
        await TestService.ExpectErrorAsync(answer, 400, 400, "Content-Encoding");
        Assert.Equal(0, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Produce_WhenTheBodyBecomesTooLarge_Is413()
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await SendAsync($"/topics/{topic}", TestService.Json, Gzip(new string(' ', 17 * 1024 * 1024)));
        await TestService.ExpectErrorAsync(answer, 413, 413, "16777216");
    }

    [Fact]
    public async Task Produce_InAnotherEncoding_Is415()
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await SendAsync($"/topics/{topic}", TestService.Json, [1, 2, 3], "br");
        await TestService.ExpectErrorAsync(answer, 415, 415, "gzip");
    }

    [Fact]
    public async Task Fetch_ByAClientThatTakesGzip_IsCompressed_AndABatchAsItIsStoredIsNot()
    {
        var topic = await service.CreateTopicAsync();
        var value = new string('x', 20_000);
        await service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"{{value}}"}]}""");
        using var answer = await GetAsync($"/topics/{topic}/partitions/0/records?offset=0", TestService.Json);
        Assert.Equal("gzip", Assert.Single(answer.Content.Headers.ContentEncoding));
        Assert.Contains("Accept-Encoding", answer.Headers.Vary);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(bytes.Length < 2000, $"{bytes.Length} bytes");
        await using var unpacked = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        Assert.Equal(value, (string)(await JsonNode.ParseAsync(unpacked))![0]!["value"]!);
        using var raw = await GetAsync($"/topics/{topic}/partitions/0/records?offset=0", "application/vnd.managedlog.recordbatch");
        Assert.Empty(raw.Content.Headers.ContentEncoding);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept-Encoding", "gzip");
        request.Headers.Add("Accept", accept);
        return await service.Client.SendAsync(request);
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string type, byte[] body, string encoding = "gzip")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.Add("Content-Type", type);
        request.Content.Headers.Add("Content-Encoding", encoding);
        return await service.Client.SendAsync(request);
    }

    private static byte[] Gzip(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionMode.Compress))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return bytes.ToArray();
    }
}

using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Tests.Raw;

/// <summary>compression.type over the interface: whatever way records come, they are stored as the topic says and read as they were sent. Each test has a service of its own.</summary>
public sealed class CompressionTypeTests
{
    private const string RecordBatch = "application/vnd.managedlog.recordbatch";

    private static readonly string Value = new('a', 500);

    [Theory]
    [InlineData("producer", CompressionCodec.None, CompressionCodec.Snappy)]
    [InlineData("uncompressed", CompressionCodec.None, CompressionCodec.None)]
    [InlineData("gzip", CompressionCodec.Gzip, CompressionCodec.Gzip)]
    [InlineData("snappy", CompressionCodec.Snappy, CompressionCodec.Snappy)]
    [InlineData("lz4", CompressionCodec.Lz4, CompressionCodec.Lz4)]
    [InlineData("zstd", CompressionCodec.Zstd, CompressionCodec.Zstd)]
    public async Task Produce_InAnyForm_IsStoredAsTheTopicSays(string type, CompressionCodec ofService, CompressionCodec ofRaw)
    {
        await using var service = await Running.StartAsync();
        var topic = await service.It.CreateTopicAsync(1, ("compression.type", type));
        var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\"{Value}\""));
        await service.It.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"{{Value}}"}]}""");
        await service.It.ProduceAsync($"/topics/{topic}/partitions/0", $$"""{"records":[{"value":"{{base64}}"}]}""", TestService.Binary);
        await ExpectOkAsync(service.It, service.It.V3($"/topics/{topic}/records"), $$$"""{"value":{"type":"JSON","data":"{{{Value}}}"}}""");
        await ExpectOkAsync(service.It, service.It.V3($"/topics/{topic}/records:batch"), $$$"""{"entries":[{"id":"1","value":{"type":"JSON","data":"{{{Value}}}"}}]}""");
        using (var raw = await service.It.SendAsync(HttpMethod.Post, $"/topics/{topic}/partitions/0", Batch(CompressionCodec.Snappy, $"\"{Value}\""), RecordBatch))
            Assert.Equal(HttpStatusCode.OK, raw.StatusCode);

        Assert.Equal([ofService, ofService, ofService, ofService, ofRaw], await CodecsAsync(service.It, topic));
        Assert.Equal(Enumerable.Repeat(Value, 5), (await service.It.FetchAsync(topic)).Select(record => (string)record!["value"]!));
    }

    [Fact]
    public async Task Default_OfAllTopics_HoldsForTopicsThatSetNothing()
    {
        await using var service = await Running.StartAsync();
        var inherits = await service.It.CreateTopicAsync();
        var own = await service.It.CreateTopicAsync(1, ("compression.type", "producer"));
        await ConfigureAsync(service.It, "/broker-configs/compression.type", "zstd");

        foreach (var topic in new[] { inherits, own })
            await service.It.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"{{Value}}"}]}""");

        Assert.Equal([CompressionCodec.Zstd], await CodecsAsync(service.It, inherits));
        Assert.Equal([CompressionCodec.None], await CodecsAsync(service.It, own));
    }

    /// <summary>What a retry is recognised by, the producer's sequence, does not depend on how a batch is stored; nor does what a request is cut into.</summary>
    [Theory]
    [InlineData("Idempotency-Key", "k")]
    [InlineData("Producer-Sequence", "0")]
    public async Task Retry_AfterTheTopicWasConfiguredAnew_IsAnsweredAsTheFirstTime(string header, string value)
    {
        await using var service = await Running.StartAsync();
        var topic = await service.It.CreateTopicAsync(1, ("max.message.bytes", "1000"), ("compression.type", "gzip"));
        using var made = await service.It.SendAsync(HttpMethod.Post, service.It.V3("/producers"), (string?)null);
        var producer = JsonNode.Parse(await made.Content.ReadAsStringAsync())!["producer_id"]!.ToJsonString();
        var body = $$"""{"records":[{{string.Join(',', Enumerable.Range(0, 3).Select(i => $$"""{"value":"{{i}}{{new string('x', 600)}}"}"""))}}]}""";
        async Task<string> SendAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/topics/{topic}/partitions/0") { Content = new StringContent(body, Encoding.UTF8, TestService.Json) };
            request.Headers.Add(header, value);
            if (header == "Producer-Sequence")
            {
                request.Headers.Add("Producer-Id", producer);
                request.Headers.Add("Producer-Epoch", "0");
            }

            using var answer = await service.It.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return await answer.Content.ReadAsStringAsync();
        }

        var first = await SendAsync();

        foreach (var type in new[] { "producer", "zstd", "uncompressed", "lz4" })
        {
            await ConfigureAsync(service.It, $"/topics/{topic}/configs/compression.type", type);
            Assert.Equal(first, await SendAsync());
        }

        Assert.Equal(Enumerable.Repeat(CompressionCodec.Gzip, 3), await CodecsAsync(service.It, topic));
    }

    /// <summary>Few bytes that would be stored as many count for what they become.</summary>
    [Fact]
    public async Task Produce_OfBatchesThatBecomeMoreThanThereIsRoomFor_IsRefusedAndAppendsNothing()
    {
        await using var service = await Running.StartAsync(
            "--ManagedLog:MaxProduceBytes=100000", "--ManagedLog:Limits:MaxBodyBytes=2000000", "--ManagedLog:Limits:MaxBodyBytesPerCaller=2000000");
        var topic = await service.It.CreateTopicAsync(1, ("compression.type", "uncompressed"));
        var path = $"/topics/{topic}/partitions/0";
        var bomb = Batch(CompressionCodec.Gzip, new string('a', 900_000));
        Assert.InRange(bomb.Length, 1, 10_000);

        await service.It.ExpectErrorAsync(HttpMethod.Post, path, [.. bomb, .. bomb, .. bomb], RecordBatch, 429, 42901, "no room for what batch 2 becomes", "Nothing was appended");

        Assert.Equal(0, await service.It.EndAsync(topic));
        using (var taken = await service.It.SendAsync(HttpMethod.Post, path, (byte[])[.. bomb, .. bomb], RecordBatch))
            Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        await service.It.ExpectErrorAsync(HttpMethod.Post, path, Batch(CompressionCodec.Gzip, new string('a', 1_100_000)), RecordBatch, 413, 413, "max.message.bytes", "compression.type");
        Assert.Equal(2, await service.It.EndAsync(topic));
        await service.It.StopAsync();
        Assert.Equal(0, service.It.Use.Bodies.Taken);
    }

    private static byte[] Batch(CompressionCodec codec, string value)
    {
        var builder = new RecordBatchBuilder(codec);
        builder.Add(1_700_000_000_000, null, Encoding.UTF8.GetBytes(value), []);
        return builder.Build().ToArray();
    }

    private static async Task ExpectOkAsync(TestService service, string path, string body)
    {
        using var answer = await service.SendAsync(HttpMethod.Post, path, body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task ConfigureAsync(TestService service, string path, string value)
    {
        using var answer = await service.SendAsync(HttpMethod.Put, service.V3(path), $$"""{"value":"{{value}}"}""");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Of every batch that is stored, in order.</summary>
    private static async Task<List<CompressionCodec>> CodecsAsync(TestService service, string topic)
    {
        using var answer = await service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0", accept: RecordBatch);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        var codecs = new List<CompressionCodec>();
        for (var at = 0; at < bytes.Length;)
        {
            Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(bytes.AsSpan(at), out var header));
            codecs.Add(header.Codec);
            at += header.SizeInBytes;
        }

        return codecs;
    }

    private sealed class Running : IAsyncDisposable
    {
        private Running(TestService service) => It = service;

        public TestService It { get; }

        public static async Task<Running> StartAsync(params string[] settings)
        {
            var service = new TestService(new InMemoryBackend(TimeProvider.System), settings);
            await service.InitializeAsync();
            return new Running(service);
        }

        public async ValueTask DisposeAsync() => await It.DisposeAsync();
    }
}

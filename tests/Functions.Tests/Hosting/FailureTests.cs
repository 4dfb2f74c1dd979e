using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Hosting;

/// <summary>What clients are told when storage does not do as it should.</summary>
public sealed class FailureTests
{
    private const string One = """{"records":[{"value":1}]}""";

    [Fact]
    public async Task Produce_WhenTheOutcomeIsUnknown_Is504AndNeverRetriable()
    {
        var storage = new FaultyStorage();
        await using var running = await StartAsync(storage, "--ManagedLog:Engine:AppendTimeout", "00:00:02");
        var service = running.Service;
        string[] topics = [await service.CreateTopicAsync(), await service.CreateTopicAsync()];
        foreach (var topic in topics)
            await service.ProduceAsync($"/topics/{topic}", One);
        storage.Fault = call => call.Target.EndsWith(".log", StringComparison.Ordinal) ? OutcomeStatus.Unknown : null;

        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topics[0]}", One, TestService.Json, 504, 50401);
        using var stream = await service.SendAsync(HttpMethod.Post, service.V3($"/topics/{topics[1]}/records"), "{}");
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        Assert.Equal(50401, (int)JsonNode.Parse(await stream.Content.ReadAsStringAsync())!["error_code"]!);
    }

    [Fact]
    public async Task Produce_WhenOnlyOnePartitionIsUnknown_IsThatPartitionsRecordsError()
    {
        var storage = new FaultyStorage();
        await using var running = await StartAsync(storage, "--ManagedLog:Engine:AppendTimeout", "00:00:02");
        var (service, topic) = (running.Service, await running.Service.CreateTopicAsync(2));
        await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":0,"partition":0},{"value":0,"partition":1}]}""");
        storage.Fault = call => call.Target.Contains("/000001/", StringComparison.Ordinal) && call.Target.EndsWith(".log", StringComparison.Ordinal) ? OutcomeStatus.Unknown : null;

        var offsets = await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1,"partition":0},{"value":1,"partition":1}]}""");
        Assert.Equal([1L, null], offsets.Select(offset => (long?)offset!["offset"]));
        Assert.Equal([null, 50401], offsets.Select(offset => (int?)offset!["error_code"]));
        storage.Fault = _ => null;
        Assert.Equal(2, await service.EndAsync(topic));
    }

    /// <summary>What failed in one partition is made good by sending all of it again; what stood in the others stands once.</summary>
    [Fact]
    public async Task Produce_UnderAKeyThatFailedInOnePartition_SentAgain_StandsOnceInEach()
    {
        var storage = new FaultyStorage();
        await using var running = await StartAsync(storage, "--ManagedLog:Engine:AppendTimeout", "00:00:02");
        var (service, topic) = (running.Service, await running.Service.CreateTopicAsync(2));
        const string body = """{"records":[{"value":1,"partition":0},{"value":1,"partition":1}]}""";
        await service.ProduceAsync($"/topics/{topic}", body);
        storage.Fault = call => call.Target.Contains("/000001/", StringComparison.Ordinal) && call.Target.EndsWith(".log", StringComparison.Ordinal) ? OutcomeStatus.Unknown : null;

        var first = await SendUnderKeyAsync();
        Assert.Equal([1L, null], first.Select(offset => (long?)offset!["offset"]));
        Assert.Equal([null, 50401], first.Select(offset => (int?)offset!["error_code"]));
        storage.Fault = _ => null;
        for (var tries = 0; tries < 2; tries++)
            Assert.Equal([1L, 1L], (await SendUnderKeyAsync()).Select(offset => (long?)offset!["offset"]));

        Assert.Equal(4, await service.EndAsync(topic) + await service.EndAsync(topic, 1));

        async Task<JsonArray> SendUnderKeyAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/topics/{topic}");
            request.Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", TestService.Json);
            request.Headers.Add("Idempotency-Key", "k");
            using var answer = await service.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["offsets"]!.AsArray();
        }
    }

    [Fact]
    public async Task Metadata_WhenStorageDoesNotAnswer_Is503WithATimeToTryAgain()
    {
        var storage = new FaultyStorage();
        await using var running = await StartAsync(storage);
        storage.Fault = _ => OutcomeStatus.Throttled;
        using var answer = await running.Service.SendAsync(HttpMethod.Get, "/topics/some-topic");
        Assert.Equal("1", answer.Headers.GetValues("Retry-After").Single());
        await TestService.ExpectErrorAsync(answer, 503, 50003);
    }

    [Fact]
    public async Task Service_WhenStorageIsNotThereAtFirst_IsAliveAndReadyLater()
    {
        var storage = new FaultyStorage { Fault = _ => OutcomeStatus.Unknown };
        var service = new TestService(storage);
        await service.StartAsync();
        try
        {
            using var root = await service.SendAsync(HttpMethod.Get, "/");
            using var live = await service.SendAsync(HttpMethod.Get, "/health/live");
            using var ready = await service.SendAsync(HttpMethod.Get, "/health/ready");
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (root.StatusCode, live.StatusCode, ready.StatusCode));
            var waiting = service.GetAsync("/v3/clusters");
            storage.Fault = _ => null;
            Assert.Single((await waiting)["data"]!.AsArray());
            Assert.Equal("""{"status":"ready"}""", (await service.GetAsync("/health")).ToJsonString());
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    [Fact]
    public async Task Service_WhenItStops_LetsNobodyWait()
    {
        var service = new TestService();
        await service.InitializeAsync();
        var topic = await service.CreateTopicAsync();
        var storage = service.FetchAsync(topic, query: "offset=0&timeout=60000");
        await service.ProduceAsync($"/topics/{await service.CreateTopicAsync()}", One);
        await service.StopAsync();
        Assert.Empty(await storage);
        await service.DisposeAsync();
    }

    [Fact]
    public async Task Produce_WhenTheBodyIsAboveTheLimit_Is413AndAppendsNothing()
    {
        await using var running = await StartAsync(new FaultyStorage(), "--ManagedLog:MaxProduceBytes", "1000");
        var service = running.Service;
        var topic = await service.CreateTopicAsync();
        var body = $$"""{"records":[{"value":"{{new string('x', 1000)}}"}]}""";
        await service.ExpectErrorAsync(HttpMethod.Post, $"/topics/{topic}", body, TestService.Json, 413, 413, "1000");

        // Without a length the limit is met while reading.
        await using var connection = await RawConnection.OpenAsync(service.Address);
        await connection.PostChunkedAsync($"/topics/{topic}", TestService.Json);
        await connection.SendChunkAsync(body);
        Assert.StartsWith("HTTP/1.1 413", await connection.HeadersAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await service.EndAsync(topic));
        await service.ProduceAsync($"/topics/{topic}", One);
    }

    [Fact]
    public async Task Stream_WhenItIsLongerThanTheLimit_EndsWithAReport()
    {
        await using var running = await StartAsync(new FaultyStorage(), "--ManagedLog:MaxStreamBytes", "100");
        var service = running.Service;
        var topic = await service.CreateTopicAsync();
        await using var connection = await RawConnection.OpenAsync(service.Address);
        await connection.PostChunkedAsync(service.V3($"/topics/{topic}/records"));
        await connection.HeadersAsync();
        await connection.SendChunkAsync("{}");
        Assert.Equal(200, (int)JsonNode.Parse((await connection.ChunkAsync())!)!["error_code"]!);
        await connection.SendChunkAsync("{" + new string(' ', 100));
        Assert.Equal(413, (int)JsonNode.Parse((await connection.ChunkAsync())!)!["error_code"]!);
        Assert.Null(await connection.ChunkAsync());
    }

    private static async Task<Running> StartAsync(FaultyStorage storage, params string[] settings)
    {
        var service = new TestService(storage, settings);
        await service.InitializeAsync();
        return new Running(service);
    }

    private sealed record Running(TestService Service) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Service.DisposeAsync();
    }
}

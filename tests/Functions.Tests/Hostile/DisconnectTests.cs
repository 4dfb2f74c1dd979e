using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Hostile;

/// <summary>Clients that go away in the middle.</summary>
public sealed class DisconnectTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(100)]
    public async Task Produce_WhoseClientVanishesInItsBody_AppendsNothing(int left)
    {
        await using var world = await HostileWorld.StartAsync();
        var request = world.Produce("evil");
        for (var i = 0; i < 20; i++)
        {
            await using var connection = await world.ConnectAsync();
            await connection.SendAsync(request[..^(left + 1)]);
            connection.Vanish();
        }

        await world.CheckAsync();
    }

    [Fact]
    public async Task Produce_WhoseClientVanishesBeforeTheAnswer_IsAppendedWholeOrNotAtAll()
    {
        await using var world = await HostileWorld.StartAsync();
        var topic = await world.Service.CreateTopicAsync(1);
        var body = """{"records":[{"value":"a"},{"value":"b"},{"value":"c"}]}""";
        for (var i = 0; i < 20; i++)
        {
            await using var connection = await world.ConnectAsync();
            await connection.PostAsync($"/topics/{topic}", TestService.Text, $"Content-Length: {body.Length}");
            await connection.SendAsync(body);
            connection.Vanish();
        }

        var values = (await world.Service.FetchAsync(topic, accept: TestService.Text)).Select(record => (string)record!["value"]!).ToList();
        Assert.Equal(0, values.Count % 3);
        Assert.Equal(Enumerable.Repeat("abc", values.Count / 3), values.Chunk(3).Select(batch => string.Concat(batch)));
        await world.Service.StopAsync();
        world.ExpectNothingHeld();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stream_WhoseClientGoesInTheMiddleOfARecord_AppendsThoseThatWereReportedAndNoPart(bool vanishes)
    {
        await using var world = await HostileWorld.StartAsync();
        await using var stream = await world.ConnectAsync();
        await stream.PostChunkedAsync(world.Service.V3($"/topics/{world.Topic}/records"));
        await stream.HeadersAsync();
        await stream.SendChunkAsync("""{"value":{"type":"STRING","data":"one"}}{"value":{"type":"STRING","data":"evil""");
        Assert.Equal(200, (int)JsonNode.Parse((await stream.ChunkAsync())!)!["error_code"]!);
        if (vanishes)
        {
            stream.Vanish();
        }
        else
        {
            stream.BreakOff();
            await stream.ClosedAsync();
        }

        await world.CheckAsync("one");
    }

    [Fact]
    public async Task Fetches_WhoseClientsVanish_HoldNothing()
    {
        await using var world = await HostileWorld.StartAsync();
        var large = await world.Service.CreateTopicAsync(1);
        for (var i = 0; i < 4; i++)
            await world.Service.ProduceAsync($"/topics/{large}", HostileWorld.Body(new string('x', 1_000_000)), TestService.Text);
        foreach (var (path, accept) in new[]
        {
            ($"/topics/{large}/partitions/0/records?offset=0&max_bytes=4000000", TestService.Text), ($"/topics/{large}/records?offset=earliest", "text/event-stream"),
            ($"/topics/{world.Topic}/records?offset=latest", "text/event-stream"), ($"/topics/{large}/records?offset=earliest", "application/x-ndjson"),
        })
        {
            await using var connection = await world.ConnectAsync();
            await connection.SendAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200", await connection.HeadersAsync(), StringComparison.Ordinal);
            connection.Vanish();
        }

        await using (var waiting = await world.ConnectAsync())
        {
            await waiting.SendAsync($"GET /topics/{world.Topic}/partitions/0/records?offset=1&timeout=60000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
            waiting.Vanish();
        }

        await world.Service.StopAsync();
        world.ExpectNothingHeld();
    }

    /// <summary>As with bodies that do not come, the server's own clock decides; the test waits for it and for nothing else. The connection buffers less than the answer has.</summary>
    [Theory]
    [InlineData("/topics/{0}/partitions/0/records?offset=0&max_bytes=64000000", TestService.Text)]
    [InlineData("/topics/{0}/partitions/0/records?offset=0&max_bytes=64000000", "application/vnd.managedlog.recordbatch")]
    public async Task Fetch_WhoseClientTakesNothing_IsCutOffAfterTheGrace_AndHoldsNothing(string path, string accept)
    {
        await using var world = await HostileWorld.StartAsync("--ManagedLog:Limits:Grace=00:00:02", "--ManagedLog:Limits:MinBytesPerSecond=100000000");
        var large = await world.Service.CreateTopicAsync(1);
        for (var i = 0; i < 24; i++)
            await world.Service.ProduceAsync($"/topics/{large}", HostileWorld.Body(new string('x', 1_000_000)), TestService.Text);
        using var departures = new Departures(world.Service, "/records");
        await using var connection = await world.ConnectAsync();
        await connection.SendAsync($"GET {string.Format(null, path, large)} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", await connection.HeadersAsync(), StringComparison.Ordinal);
        Assert.True(world.Service.Use.Answers.Taken > 1_000_000);

        await departures.Noticed.WaitAsync(TimeSpan.FromMinutes(1));
        await world.Service.StopAsync();
        world.ExpectNothingHeld();
    }
}

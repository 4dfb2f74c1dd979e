using System.Text;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Hostile;

/// <summary>Bodies that are too long, too short, too slow, or not what they say.</summary>
public sealed class BodyAttackTests
{
    private const string Small = "--ManagedLog:MaxProduceBytes=65536";

    [Fact]
    public async Task Body_ThatAnnouncesTooMuch_IsRefusedBeforeItIsSent()
    {
        await using var world = await HostileWorld.StartAsync();
        await using var connection = await world.ConnectAsync();
        await connection.PostAsync($"/topics/{world.Topic}", TestService.Text, "Content-Length: 999999999999");
        Assert.StartsWith("HTTP/1.1 413", await connection.HeadersAsync(), StringComparison.Ordinal);
        connection.Vanish();
        await world.CheckAsync();
    }

    [Fact]
    public async Task Body_ThatDoesNotSayHowMuchTooMuchItIs_IsRefusedAsSoonAsItIs()
    {
        await using var world = await HostileWorld.StartAsync(Small);
        await using var connection = await world.ConnectAsync();
        await connection.PostChunkedAsync($"/topics/{world.Topic}", TestService.Text);
        await connection.SendChunkAsync("{\"records\":[{\"value\":\"evil\"},{\"value\":\"" + new string('x', 70_000));
        Assert.StartsWith("HTTP/1.1 413", await connection.HeadersAsync(), StringComparison.Ordinal);
        connection.Vanish();
        await world.CheckAsync();
    }

    [Theory]
    [InlineData("Content-Length: 500", """{"records":[{"value":"evil"}]}""")]
    [InlineData("Transfer-Encoding: chunked", "1f\r\n{\"records\":[{\"value\":\"evil\"}]}")]
    [InlineData("Transfer-Encoding: chunked", "1e\r\n{\"records\":[{\"value\":\"evil\"}]}\r\n")]
    [InlineData("Transfer-Encoding: chunked", "1e\r\n{\"records\":[{\"value\":\"evil\"}]}\r\n0\r\n")]
    public async Task Body_ThatBreaksOff_IsNotTakenForWhole(string header, string body)
    {
        await using var world = await HostileWorld.StartAsync();
        foreach (var path in new[] { $"/topics/{world.Topic}", $"/topics/{world.Topic}/partitions/0" })
            HostileWorld.ExpectRefusals(await world.AttackAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {TestService.Text}\r\n{header}\r\n\r\n{body}", breaksOff: true));
        await world.CheckAsync();
    }

    /// <summary>The server's own clock decides; the test waits for its answer and for nothing else.</summary>
    [Theory]
    [InlineData("/topics/{0}", "Content-Length: 500")]
    [InlineData("/topics/{0}", "Transfer-Encoding: chunked")]
    [InlineData("/v3/clusters/{1}/topics/{0}/records", "Content-Length: 500\r\nPrefer: http-status")]
    public async Task Body_ThatDoesNotCome_IsWaitedForNoLongerThanTheGrace(string path, string header)
    {
        await using var world = await HostileWorld.StartAsync("--ManagedLog:Limits:Grace=00:00:02");
        await using var connection = await world.ConnectAsync();
        await connection.PostAsync(string.Format(null, path, world.Topic, world.Service.Cluster), path.StartsWith("/v3", StringComparison.Ordinal) ? "application/json" : TestService.Text, header);
        Assert.StartsWith("HTTP/1.1 408", await connection.HeadersAsync(), StringComparison.Ordinal);
        connection.Vanish();
        await world.CheckAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"records\"")]
    [InlineData("{\"records\":null}")]
    [InlineData("{\"records\":{}}")]
    [InlineData("{\"records\":[null]}")]
    [InlineData("{\"records\":[[]]}")]
    [InlineData("{\"records\":[{\"value\":1}]}")]
    [InlineData("{\"records\":[{\"value\":\"evil\",\"partition\":\"0\"}]}")]
    [InlineData("{\"records\":[{\"value\":\"evil\",\"partition\":1e99}]}")]
    [InlineData("{\"records\":[{\"value\":\"evil\",\"timestamp\":99999999999999999999}]}")]
    [InlineData("{\"records\":[{\"value\":\"evil\"}]")]
    [InlineData("{\"records\":[{\"value\":\"evil\"}]}}")]
    [InlineData("{\"records\":[{\"value\":\"evil\"}]} {\"records\":[]}")]
    [InlineData("{\"records\":[{\"value\":\"evil\u0000\"}]}")]
    [InlineData("{\"records\":[{\"value\":\"evil\\ud800\"}]}")]
    [InlineData("{\"records\":[{\"value\":\"\u00ff\u00fe\"}]}")]
    [InlineData("{\"records\":[{\"value\":\"\u00c0\u00af\"}]}")]
    [InlineData("{\"records\":[{\"value\":\"\u00ed\u00a0\u0080\"}]}")]
    public async Task Body_ThatIsNotWhatItSays_IsRefused(string body)
    {
        await using var world = await HostileWorld.StartAsync();
        var bytes = Encoding.Latin1.GetBytes(body);
        foreach (var path in new[] { $"/topics/{world.Topic}", $"/topics/{world.Topic}/partitions/0" })
        {
            using var answer = await world.Service.SendAsync(HttpMethod.Post, path, bytes, TestService.Text);
            Assert.InRange((int)answer.StatusCode, 400, 422);
        }

        await world.CheckAsync();
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    public async Task Json_ThatIsVeryDeep_IsRefusedEverywhere(string level)
    {
        await using var world = await HostileWorld.StartAsync();
        var deep = new StringBuilder().Insert(0, level, 100_000).ToString();
        var record = $$"""{"records":[{"value":{{deep}}""";
        var (topics, search) = (world.Service.V3("/topics"), world.Service.V3($"/insight/topics/{world.Topic}/search"));
        foreach (var (path, type, body) in new[]
        {
            ($"/topics/{world.Topic}", TestService.Json, record), (topics, "application/json", deep), (search, "application/json", deep),
            (world.Service.V3("/records:fetch"), "application/json", deep), (world.Service.V3($"/topics/{world.Topic}/configs:alter"), "application/json", deep),
        })
        {
            using var answer = await world.Service.SendAsync(HttpMethod.Post, path, body, type);
            Assert.InRange((int)answer.StatusCode, 400, 422);
        }

        using var streamed = await world.Service.SendAsync(HttpMethod.Post, world.Service.V3($"/topics/{world.Topic}/records"), $$$"""{"value":{"type":"JSON","data":{{{deep}}}""");
        Assert.Contains("\"error_code\":400", await streamed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await world.CheckAsync();
    }
}

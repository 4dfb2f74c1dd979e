using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Functions.Tests.Hosting;

/// <summary>What the Functions host does to its custom handler, done to the published service: the port by environment, an inherited address of the host's own,
/// readiness, timers, death without warning, and requests that come twice.</summary>
public sealed class PublishedServiceTests(PublishedService published) : IClassFixture<PublishedService>
{
    [Fact]
    public async Task Service_UnderTheHost_ServesOnTheHostsPortAndKeepsEverythingThroughItsDeath()
    {
        var port = FreePort();
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        string cluster;
        await using (var first = await StartAsync(port))
        {
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/")).StatusCode);
            cluster = await ClusterAsync(client);
            using var created = await client.PostAsync($"/v3/clusters/{cluster}/topics", Json("""{"topic_name":"survivor"}"""));
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
            using var produced = await client.PostAsync("/topics/survivor?format=json", Json("""{"records":[{"value":1},{"value":2}]}"""));
            Assert.Equal(HttpStatusCode.OK, produced.StatusCode);
            ProcessSignals.SendKill(first.Id);
            await first.ExitCodeAsync();
        }

        await using var second = await StartAsync(port);
        Assert.Equal(cluster, await ClusterAsync(client));
        Assert.Equal([1, 2], await ValuesAsync(client));
        using var again = await client.PostAsync("/topics/survivor?format=json", Json("""{"records":[{"value":3}]}"""));
        Assert.Equal(2, (long)JsonNode.Parse(await again.Content.ReadAsStringAsync())!["offsets"]![0]!["offset"]!);
        Assert.Equal([1, 2, 3], await ValuesAsync(client));
    }

    [Fact]
    public async Task Timer_IsAnsweredWithAnEnvelope()
    {
        var port = FreePort();
        await using var service = await StartAsync(port);

        // As the host sends it: chunked, without a length.
        await using var connection = await RawConnection.OpenAsync(new Uri($"http://127.0.0.1:{port}"));
        await connection.PostChunkedAsync("/housekeeping");
        await connection.SendChunkAsync(
            """{"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-01-01T00:00:00","Next":"2026-01-01T01:07:00","LastUpdated":"2026-01-01T00:00:00"},"IsPastDue":true}},""");
        await connection.SendChunkAsync("""  "Metadata":{"sys":{"MethodName":"housekeeping","UtcNow":"2026-01-01T01:07:00Z","RandGuid":"6f7b"}}}""");
        await connection.EndChunksAsync();
        var headers = await connection.HeadersAsync();
        Assert.StartsWith("HTTP/1.1 200", headers, StringComparison.Ordinal);
        var answer = JsonNode.Parse(await connection.BodyAsync(headers))!;
        Assert.Empty(answer["Outputs"]!.AsObject());
        Assert.Contains("past due", (string)answer["Logs"]![0]!, StringComparison.Ordinal);
        Assert.True(answer.AsObject().ContainsKey("ReturnValue"));
        Assert.Null(answer["ReturnValue"]);
    }

    /// <summary>A request without a body that was under way when the handler died is sent to the next one: it must not do more harm twice than once.</summary>
    [Fact]
    public async Task Request_WhenItIsDeliveredTwice_DoesNoMoreThanOnce()
    {
        var port = FreePort();
        await using var service = await StartAsync(port);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var topics = $"/v3/clusters/{await ClusterAsync(client)}/topics";
        using (await client.PostAsync(topics, Json("""{"topic_name":"twice"}""")))
        using (await client.PostAsync("/topics/twice?format=json", Json("""{"records":[{"value":1}]}""")))
        {
            var first = await client.GetStringAsync("/topics/twice/partitions/0/records?offset=0");
            Assert.Equal(first, await client.GetStringAsync("/topics/twice/partitions/0/records?offset=0"));
        }

        using var deleted = await client.DeleteAsync($"{topics}/twice");
        using var again = await client.DeleteAsync($"{topics}/twice");
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (deleted.StatusCode, again.StatusCode));
    }

    [Fact]
    public async Task Service_WhenItIsAskedToStop_EndsWith0()
    {
        await using var service = await StartAsync(FreePort());
        ProcessSignals.SendTerminate(service.Id);
        Assert.Equal(0, await service.ExitCodeAsync());
    }

    [Fact]
    public async Task Service_WhenThePortIsTaken_SaysSoAndDoesNotEndWith0()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var service = Start(port);
        Assert.NotEqual(0, await service.ExitCodeAsync());
        Assert.Contains(service.Errors, line => line.Contains(port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    private async Task<ObservedProcess> StartAsync(int port)
    {
        var service = Start(port);
        await service.LineAsync($"http://127.0.0.1:{port}");
        return service;
    }

    private ObservedProcess Start(int port) => ObservedProcess.Start(published.Executable, [], new Dictionary<string, string?>
    {
        ["FUNCTIONS_CUSTOMHANDLER_PORT"] = port.ToString(CultureInfo.InvariantCulture),

        // The host's own address, where this process could not listen.
        ["ASPNETCORE_URLS"] = "http://192.0.2.1:80",
        ["ManagedLog__ConnectionString"] = published.ConnectionString,
    });

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<string> ClusterAsync(HttpClient client) => (string)(await client.GetFromJsonAsync<JsonNode>("/v3/clusters"))!["data"]![0]!["cluster_id"]!;

    private static async Task<IEnumerable<int>> ValuesAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<JsonArray>("/topics/survivor/partitions/0/records?offset=0&format=json"))!.Select(record => (int)record!["value"]!);

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}

using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing.Emulator;
using ManagedLog.Testing.Processes;

namespace ManagedLog.Functions.Tests.Hosting;

/// <summary>What the Azure Functions host relies on, on the published service over the emulator.</summary>
public sealed class PublishedServiceTests(AzuriteFixture emulator) : IClassFixture<AzuriteFixture>
{
    /// <summary>As the host sends it for a timer that is late.</summary>
    private const string TimerEnvelope =
        """
        {"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-01-01T00:00:00+00:00","Next":"2026-01-01T00:05:00+00:00","LastUpdated":"2026-01-01T00:00:00+00:00"},"IsPastDue":true}},
        "Metadata":{"sys":{"MethodName":"housekeeping","UtcNow":"2026-01-01T00:05:01.0000000Z","RandGuid":"6f8f3a4e-9f43-4a53-8d2d-0a2a39f3bb5c"}}}
        """;

    private readonly Dictionary<string, string?> _settings = new()
    {
        ["ManagedLog__ConnectionString"] = emulator.ConnectionString,
        ["ManagedLog__Container"] = $"published-{Guid.NewGuid():N}",
        ["ManagedLog__TablePrefix"] = $"p{Guid.NewGuid():N}"[..20],
    };

    [Fact]
    public async Task Start_WhenTheHostsOwnAddressIsInherited_ListensOnTheHandlersPortOnly()
    {
        using var host = new TcpListener(IPAddress.Loopback, 0);
        host.Start();
        var inherited = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)host.LocalEndpoint).Port}");

        await using var service = await PublishedService.StartAsync(new Dictionary<string, string?>(_settings) { ["ASPNETCORE_URLS"] = inherited });

        using var answer = await service.Client.GetAsync("/health/ready");
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable);
        Assert.False(host.Pending());
    }

    [Fact]
    public async Task Start_WhenTheConfigurationIsUnusable_EndsSoThatTheHostStartsItAgain()
    {
        await using var service = PublishedService.Launch(new Dictionary<string, string?> { ["ManagedLog__Storage"] = "paper" });

        Assert.NotEqual(0, await service.Process.ExitCodeAsync());
        Assert.NotEmpty(service.Process.Errors);
    }

    [Fact]
    public async Task Start_WhenTheHandlersPortIsTaken_SaysSoAndDoesNotEndWith0()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        await using var service = PublishedService.Launch(new Dictionary<string, string?>(_settings) { [PublishedService.PortVariable] = port });

        Assert.NotEqual(0, await service.Process.ExitCodeAsync());
        Assert.Contains(service.Process.Errors, line => line.Contains(port, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stop_WhenAskedTo_EndsWith0()
    {
        await using var service = await PublishedService.StartAsync(_settings);

        ProcessSignals.SendTerminate(service.Process.Id);

        Assert.Equal(0, await service.Process.ExitCodeAsync());
    }

    [Fact]
    public void Publish_CopiesEveryFunctionFolder()
    {
        var built = FunctionFolders(AppContext.BaseDirectory);

        Assert.NotEmpty(built);
        Assert.Equal(built, FunctionFolders(PublishedService.Folder));

        static IEnumerable<string?> FunctionFolders(string folder) => Directory
            .GetFiles(folder, "function.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Select(static file => Path.GetFileName(Path.GetDirectoryName(file)))
            .Order();
    }

    [Fact]
    public async Task Timer_WhenTheHostCallsIt_AnswersWithTheEnvelopeThatTheHostWaitsFor()
    {
        await using var service = await PublishedService.StartAsync(_settings);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/housekeeping")
        {
            Content = new StringContent(TimerEnvelope, Encoding.UTF8, "application/json"),
        };
        // Chunked and without a length, as the host sends it.
        request.Headers.TransferEncodingChunked = true;

        using var answer = await service.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        var envelope = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject();
        Assert.Equal(["Outputs", "Logs", "ReturnValue"], envelope.Select(static member => member.Key));
        Assert.Empty(envelope["Outputs"]!.AsObject());
        Assert.NotEmpty(envelope["Logs"]!.AsArray());
        Assert.Null(envelope["ReturnValue"]);
    }

    [Fact]
    public async Task Produce_WhenSentInChunks_IsThereForAFetch()
    {
        await using var service = await PublishedService.StartAsync(_settings);
        await CreateTopicAsync(service);

        Assert.Equal([0, 1, 2], await ProduceAsync(service, "a", "b", "c"));

        Assert.Equal(["a", "b", "c"], await FetchAsync(service, "offset=earliest"));
        Assert.Equal(["c"], await FetchAsync(service, "offset=2"));
    }

    [Fact]
    public async Task Kill_WhenRecordsWereAcknowledged_TheyAreThereAfterwardsAtTheirOffsets()
    {
        await using (var service = await PublishedService.StartAsync(_settings))
        {
            await CreateTopicAsync(service);
            Assert.Equal([0, 1], await ProduceAsync(service, "before", "the kill"));
            await service.KillAsync();
        }

        await using var next = await PublishedService.StartAsync(_settings);
        Assert.Equal([2], await ProduceAsync(next, "after it"));
        Assert.Equal(["before", "the kill", "after it"], await FetchAsync(next, "offset=earliest"));
    }

    [Fact]
    public async Task Kill_WhileAFetchWaits_TheSameFetchDeliveredAgainGetsTheRecords()
    {
        await using var service = await PublishedService.StartAsync(_settings);
        await CreateTopicAsync(service);
        await ProduceAsync(service, "first");
        var waiting = FetchAsync(service, "offset=1&timeout=60000");
        // By the time that this is answered the service has the other, or it never gets it; for the host both are the same.
        await FetchAsync(service, "offset=earliest");
        await service.KillAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => waiting);

        await using var next = await PublishedService.StartAsync(_settings);
        var again = FetchAsync(next, "offset=1&timeout=60000");
        await ProduceAsync(next, "second");

        Assert.Equal(["second"], await again);
    }

    [Fact]
    public async Task Fetch_WhenDeliveredTwice_GivesTheSame()
    {
        await using var service = await PublishedService.StartAsync(_settings);
        await CreateTopicAsync(service);
        await ProduceAsync(service, "once");

        Assert.Equal(["once"], await FetchAsync(service, "offset=0"));
        Assert.Equal(["once"], await FetchAsync(service, "offset=0"));
        Assert.Equal([1], await ProduceAsync(service, "twice"));
    }

    [Fact]
    public async Task DeleteTopic_WhenDeliveredAgainAfterAKill_HasDeletedItOnceAndHarmsNothing()
    {
        await using (var service = await PublishedService.StartAsync(_settings))
        {
            await CreateTopicAsync(service, "doomed");
            await CreateTopicAsync(service, "events");
            await ProduceAsync(service, "kept");
            Assert.Equal(HttpStatusCode.NoContent, await DeleteTopicAsync(service, "doomed"));
            await service.KillAsync();
        }

        await using var next = await PublishedService.StartAsync(_settings);
        Assert.Equal(HttpStatusCode.NotFound, await DeleteTopicAsync(next, "doomed"));
        Assert.Equal(["kept"], await FetchAsync(next, "offset=earliest"));
        await CreateTopicAsync(next, "doomed");
    }

    private static async Task<string> ClusterAsync(PublishedService service)
    {
        var clusters = JsonNode.Parse(await service.Client.GetStringAsync("/v3/clusters"))!;
        return clusters["data"]![0]!["cluster_id"]!.GetValue<string>();
    }

    private static async Task CreateTopicAsync(PublishedService service, string topic = "events")
    {
        using var body = new StringContent($$"""{"topic_name":"{{topic}}"}""", Encoding.UTF8, "application/json");
        using var answer = await service.Client.PostAsync($"/v3/clusters/{await ClusterAsync(service)}/topics", body);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private static async Task<HttpStatusCode> DeleteTopicAsync(PublishedService service, string topic)
    {
        using var answer = await service.Client.DeleteAsync($"/v3/clusters/{await ClusterAsync(service)}/topics/{topic}");
        return answer.StatusCode;
    }

    private static async Task<IReadOnlyList<long>> ProduceAsync(PublishedService service, params string[] values)
    {
        var records = new JsonArray([.. values.Select(static value => new JsonObject { ["value"] = value })]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/topics/events")
        {
            Content = new StringContent(new JsonObject { ["records"] = records }.ToJsonString(), MediaTypeHeaderValue.Parse(TestService.Json)),
        };
        request.Headers.TransferEncodingChunked = true;
        using var answer = await service.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return [.. JsonNode.Parse(text)!["offsets"]!.AsArray().Select(static record => record!["offset"]!.GetValue<long>())];
    }

    private static async Task<string[]> FetchAsync(PublishedService service, string query)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/topics/events/partitions/0/records?{query}");
        request.Headers.Accept.ParseAdd(TestService.Json);
        using var answer = await service.Client.SendAsync(request);
        var records = JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!.AsArray();
        return [.. records.Select(static record => record!["value"]!.GetValue<string>())];
    }
}

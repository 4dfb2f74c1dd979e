using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Hosting;

/// <summary>What is stored of one partition is damaged: that partition stops and says why, and nothing else is touched.</summary>
public sealed class ContainmentTests : IAsyncLifetime
{
    private readonly InMemoryBackend _twin = new(TimeProvider.System);
    private readonly TestService _service;
    private string _topic = "";

    public ContainmentTests() => _service = new TestService(_twin, "--ManagedLog:Security:Audit", "Off");

    public async Task InitializeAsync()
    {
        await _service.InitializeAsync();
        _topic = await _service.CreateTopicAsync(2);
        await _service.ProduceAsync($"/topics/{_topic}", """{"records":[{"value":0,"partition":0},{"value":0,"partition":1}]}""");
        var blobs = await _twin.ListBlobsAsync("", null, 100, default);
        var damaged = blobs.Value.Blobs.Single(blob => blob.Name.Contains("/000000/", StringComparison.Ordinal) && blob.Name.EndsWith(".log", StringComparison.Ordinal));
        Assert.True((await _twin.AppendAsync(damaged.Name, damaged.Properties.Length, new byte[100], default)).IsDone);
    }

    public Task DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Produce_ToADamagedPartition_SaysWhyAndOthersGoOn()
    {
        using var refused = await _service.SendAsync(HttpMethod.Post, $"/topics/{_topic}/partitions/0", """{"records":[{"value":1}]}""", TestService.Json);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("is damaged at position", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var offsets = await _service.ProduceAsync($"/topics/{_topic}/partitions/1", """{"records":[{"value":1}]}""");
        Assert.Equal(1, offsets[0]!["offset"]!.GetValue<int>());
    }

    [Fact]
    public async Task Fetch_ThatWaitsAtADamagedEnd_IsWokenWithTheReason()
    {
        var waiting = _service.SendAsync(HttpMethod.Get, $"/topics/{_topic}/partitions/0/records?offset=1&timeout=60000", accept: TestService.Json);
        using var answer = await waiting;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("is damaged at position", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_NamesTheStoppedPartition_AndStaysReady()
    {
        using var refused = await _service.SendAsync(HttpMethod.Post, $"/topics/{_topic}/partitions/0", """{"records":[{"value":1}]}""", TestService.Json);
        using var answer = await _service.SendAsync(HttpMethod.Get, "/health/ready");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stopped = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["stopped_partitions"]!.AsArray();
        Assert.Contains("is damaged at position", Assert.Single(stopped)!.GetValue<string>(), StringComparison.Ordinal);
    }
}

using System.Text.Json.Nodes;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Tests.Security;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Protocol.Records;
using ManagedLog.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Functions.Tests.Insight;

/// <summary>A service over an account whose history an engine with a clock of its own has written.</summary>
public sealed class HistoryTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly InMemoryBackend _backend = new(TimeProvider.System);
    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        var clock = new ManualTimeProvider(Noon);
        await using var engine = new LogEngine(
            _backend, new EngineOptions { HistoryInterval = TimeSpan.FromMinutes(1) }, clock, new SystemEntropy(), NullLogger.Instance);
        await engine.StartAsync(default);
        foreach (var name in (string[])["t", "other"])
        {
            var created = await engine.CreateTopicAsync(new NewTopic(name, 1, null, new Dictionary<string, string?>(), false), default);
            var builder = new RecordBatchBuilder();
            for (var i = 0; i < 60; i++)
                builder.Add(clock.GetUtcNow().ToUnixTimeMilliseconds(), null, new byte[100], []);
            Assert.False((await engine.AppendAsync(created.Value, 0, new AppendRequest([builder.Build()]), default)).IsRefused);
            await engine.FetchAsync(created.Value, 0, new FetchRequest(FetchFrom.At(0), 1_000_000, TimeSpan.Zero), default);
        }

        foreach (var (name, offset) in ((string, long)[])[("readers", 40), ("billing", 60)])
        {
            Assert.True(GroupId.TryParse(name, out var group));
            Assert.Empty((await engine.Groups.CommitWithoutMembersAsync(group, [new OffsetCommit("t", 0, offset)], default)).Value.Refused);
        }

        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.False((await engine.RunHousekeepingAsync(default)).IsRefused);
        _service = new TestService(_backend);
        await _service.InitializeAsync();
    }

    public Task DisposeAsync() => _service.DisposeAsync();

    private Task<JsonNode> GetAsync(string path) => _service.GetAsync(_service.V3("/insight" + path));

    [Fact]
    public async Task History_OfATopic_TellsWhatMovedInEachStep()
    {
        var history = await GetAsync("/topics/t/history?from=2030-01-01T11:59:00Z&to=2030-01-01T12:04:00Z&step=60000");
        Assert.Equal(("ManagedLogHistory", "t", true, 60_000), ((string)history["kind"]!, (string)history["topic_name"]!, (bool)history["is_kept"]!, (int)history["step_ms"]!));
        Assert.Null(history["metadata"]!["next"]);
        var points = history["data"]!.AsArray();
        Assert.Equal([0, 30, 30, 0, 0], points.Select(point => (int)point!["records_in"]!));
        Assert.Equal([0, 30, 30, 0, 0], points.Select(point => (int)point!["records_out"]!));
        Assert.Equal("2030-01-01T11:59:00.000Z", (string)points[0]!["time"]!);
        var bytes = (long)(await GetAsync("/topics/t"))["bytes"]!;
        Assert.All(points, point => Assert.Equal(bytes, (long)point!["stored_bytes"]!));
        Assert.Null(points[0]!["lag"]);
        Assert.All(points.Skip(1), point => Assert.Equal([("billing", 0), ("readers", 20)], LagsOf(point!)));
        Assert.Equal(points.ToJsonString(), (await _service.GetAsync(new Uri((string)history["metadata"]!["self"]!).PathAndQuery))["data"]!.ToJsonString());
    }

    private static IEnumerable<(string, int)> LagsOf(JsonNode point) =>
        point["lag"]!.AsArray().Select(lag => ((string)lag!["consumer_group_id"]!, (int)lag["total_lag"]!));

    [Theory]
    [InlineData("consume:group:readers", "readers")]
    [InlineData("manage:group:b*", "billing")]
    [InlineData("consume:group:other", null)]
    [InlineData("produce:topic:t", null)]
    public async Task History_TellsTheLagOnlyOfGroupsThatTheCallerMaySee(string scope, string? seen)
    {
        await using var secure = await SecureService.StartAsync(_backend);
        var key = await secure.KeyAsync("consume:topic:t", scope);
        using var answer = await secure.SendAsync("Bearer " + key, "GET", secure.Service.V3("/insight/topics/t/history?from=2030-01-01T12:00:00Z&to=2030-01-01T12:01:00Z"));
        Assert.Equal(200, (int)answer.StatusCode);
        var point = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["data"]![0]!;
        Assert.Equal(seen, point["lag"] is null ? null : Assert.Single(LagsOf(point)).Item1);
    }

    [Fact]
    public async Task History_OfAll_IsTheSum()
    {
        var history = await GetAsync("/history?from=2030-01-01T11:00:00Z&to=2030-01-01T13:00:00Z");
        Assert.Equal(120, history["data"]!.AsArray().Sum(point => (int)point!["records_in"]!));
        Assert.Null(history["topic_name"]);
        Assert.All(history["data"]!.AsArray(), point => Assert.Null(point!["lag"]));
    }

    [Theory]
    [InlineData("?from=soon", "from")]
    [InlineData("?to=-1", "to")]
    [InlineData("?from=2&to=1", "before")]
    [InlineData("?step=0", "step")]
    [InlineData("?from=2030-01-01&to=2030-03-01&step=1000", "steps")]
    public Task History_WhenTheQuestionIsNotGood_Is400(string query, string word) =>
        _service.ExpectErrorAsync(HttpMethod.Get, _service.V3("/insight/topics/t/history" + query), "", null, 400, 40002, word);

    [Fact]
    public Task History_OfAnUnknownTopic_Is404() =>
        _service.ExpectErrorAsync(HttpMethod.Get, _service.V3("/insight/topics/none/history"), "", null, 404, 40403, "none");

    [Fact]
    public async Task MetricsTopic_IsHiddenInV2_AndMarkedInV3_AndReadableButNotWritable()
    {
        Assert.DoesNotContain("__metrics", (await _service.GetAsync("/topics")).AsArray().Select(name => (string)name!));
        Assert.True((bool)(await _service.GetAsync(_service.V3("/topics/__metrics")))["is_internal"]!);
        var records = await _service.FetchAsync("__metrics", query: "offset=earliest&timeout=0", accept: TestService.Text);
        Assert.Equal(["t", "other"], records.Select(record => (string)record!["key"]!).OrderDescending());
        await _service.ExpectErrorAsync(HttpMethod.Post, "/topics/__metrics", """{"records":[{"value":1}]}""", TestService.Json, 403, 40301, "__metrics");
        await _service.ExpectErrorAsync(HttpMethod.Post, _service.V3("/topics/__metrics/partitions/0/records:delete"), """{"before_offset":-1}""", "application/json", 403, 40301, "__metrics");
    }

    [Fact]
    public async Task Health_TellsWhoDidTheHousekeepingAndWhatIsDue()
    {
        var health = await GetAsync("/health");
        Assert.Equal(("ManagedLogHealth", "healthy", true), ((string)health["kind"]!, (string)health["status"]!, (bool)health["storage"]!["is_reachable"]!));
        Assert.Empty(health["stopped_partitions"]!.AsArray());
        Assert.Equal("2030-01-01T12:02:00.000Z", (string)health["housekeeping"]!["last_work"]!["at"]!);
        Assert.NotEqual((string)health["instance_id"]!, (string)health["housekeeping"]!["last_work"]!["instance_id"]!);
        Assert.Equal((0, false), ((int)health["housekeeping"]!["backlog"]!["partitions"]!, (bool)health["housekeeping"]!["backlog"]!["is_more"]!));
        Assert.Equal(1, (int)health["versions"]!["format"]!);
    }
}

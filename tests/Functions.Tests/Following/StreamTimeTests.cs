using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing;

namespace ManagedLog.Functions.Tests.Following;

/// <summary>What time does to a stream. The clock stands still unless a test advances it.</summary>
public sealed class StreamTimeTests : IAsyncLifetime
{
    private const string Lines = "application/x-ndjson";

    private readonly ManualTimeProvider _clock = new();
    private readonly TestService _service;
    private string _topic = "";

    public StreamTimeTests() => _service = new TestService(_clock, "--ManagedLog:Engine:HeadMaxAge=00:00:00");

    public async Task InitializeAsync()
    {
        await _service.InitializeAsync();
        _topic = await _service.CreateTopicAsync(1, ("linger.ms", "0"));
    }

    public Task DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Stream_WhileNothingComes_GivesASignOfLifeEach15SecondsAndEndsAfter60()
    {
        using var stream = await EventStream.OpenAsync(_service, Path("offset=latest"));
        Assert.Equal("retry: 1000\nid: 0:-1\n", await stream.BlockAsync());
        for (var i = 0; i < 4; i++)
        {
            await AdvanceAsync(StreamLimits.Heartbeat);
            Assert.Equal(":\n", await stream.BlockAsync());
        }

        Assert.Equal("retry: 10\n", await stream.BlockAsync());
        Assert.Null(await stream.BlockAsync());
    }

    [Fact]
    public async Task Stream_WhenARecordCame_GivesTheNextSignOfLife15SecondsAfterThat()
    {
        using var stream = await EventStream.OpenAsync(_service, Path("offset=latest&format=json"));
        await AdvanceAsync(StreamLimits.Heartbeat, first: TimeSpan.FromSeconds(10));
        await ProduceAsync(1);
        Assert.Equal(1, (await stream.RecordAsync())!["value"]!.GetValue<int>());
        await AdvanceAsync(StreamLimits.Heartbeat);
        Assert.Equal(":\n", await stream.BlockAsync());
    }

    [Fact]
    public async Task Stream_ThatEndedAfterItsTime_GoesOnWhereItWas()
    {
        string? id = null;
        for (var i = 0; i < 3; i++)
        {
            using var stream = await EventStream.OpenAsync(_service, Path("offset=latest&format=json"), id);
            await stream.BlockAsync();
            await ProduceAsync(10 * i);
            Assert.Equal(10 * i, (await stream.RecordAsync())!["value"]!.GetValue<int>());
            await AdvanceAsync(StreamLimits.Heartbeat, first: StreamLimits.Lifetime);
            Assert.Null(await stream.RecordAsync());
            id = stream.LastId;
        }

        Assert.Equal("0:2", id);
    }

    [Fact]
    public async Task Lines_WithoutATimeout_FollowTheLogWithEmptyLinesAsSignsOfLife()
    {
        await ProduceAsync(1);
        using var stream = await EventStream.OpenAsync(_service, Path("offset=0"), accept: Lines);
        Assert.StartsWith("{", await stream.LineAsync(), StringComparison.Ordinal);
        for (var i = 0; i < 4; i++)
        {
            await AdvanceAsync(StreamLimits.Heartbeat);
            Assert.Equal("", await stream.LineAsync());
        }

        Assert.Null(await stream.LineAsync());
    }

    [Fact]
    public async Task Lines_WithATimeout_EndOnceSoLongNothingCame()
    {
        using var stream = await EventStream.OpenAsync(_service, Path("offset=0&timeout=5000"), accept: Lines);
        await AdvanceAsync(TimeSpan.FromSeconds(5), first: TimeSpan.FromSeconds(4));
        await ProduceAsync(1);
        Assert.StartsWith("{", await stream.LineAsync(), StringComparison.Ordinal);
        await AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.Null(await stream.LineAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StreamOfATopic_WhenThatGetsMorePartitions_EndsWithTheNextSignOfLife_AndHasTheirRecordsWhenResumed(bool isNamed)
    {
        var all = $"/topics/{_topic}/records?format=json&offset=latest{(isNamed ? "&partitions=0" : "")}";
        using var stream = await EventStream.OpenAsync(_service, all);
        Assert.Equal("retry: 1000\nid: 0:-1\n", await stream.BlockAsync());
        using (await _service.SendAsync(HttpMethod.Patch, _service.V3($"/topics/{_topic}"), """{"partitions_count":2}"""))
            await _service.ProduceAsync($"/topics/{_topic}/partitions/1", """{"records":[{"value":7}]}""");
        await AdvanceAsync(StreamLimits.Heartbeat);
        Assert.Equal(":\n", await stream.BlockAsync());
        if (isNamed)
        {
            await AdvanceAsync(StreamLimits.Heartbeat);
            Assert.Equal(":\n", await stream.BlockAsync());
            return;
        }

        Assert.Equal("retry: 10\n", await stream.BlockAsync());
        Assert.Null(await stream.BlockAsync());
        using var resumed = await EventStream.OpenAsync(_service, all, stream.LastId);
        await resumed.BlockAsync();
        Assert.Equal(7, (await resumed.RecordAsync())!["value"]!.GetValue<int>());
        Assert.Equal("0:-1,1:0", resumed.LastId);
    }

    [Fact]
    public async Task Stream_WhenItsTopicIsDeleted_SaysSoAndEnds()
    {
        await ProduceAsync(1);
        using var stream = await EventStream.OpenAsync(_service, Path("offset=0"));
        Assert.NotNull(await stream.RecordAsync());
        using (await _service.SendAsync(HttpMethod.Delete, _service.V3($"/topics/{_topic}")))
        {
        }

        // The partition's watcher finds it with its next look, which is due within a second.
        await AdvanceAsync(StreamLimits.Heartbeat, first: TimeSpan.FromSeconds(1));
        var error = await stream.ErrorAsync();
        Assert.Equal(40402, error["error_code"]!.GetValue<int>());
        Assert.Equal("0:0", stream.LastId);
        Assert.Null(await stream.BlockAsync());
    }

    [Fact]
    public async Task Stream_WhenTheServiceStops_EndsInOrder()
    {
        await ProduceAsync(1);
        using var stream = await EventStream.OpenAsync(_service, Path("offset=0"));
        Assert.NotNull(await stream.RecordAsync());
        var stopping = _service.StopAsync();
        Assert.Equal("retry: 1000\n", await stream.BlockAsync());
        Assert.Null(await stream.BlockAsync());
        await stopping;
    }

    private string Path(string query) => $"/topics/{_topic}/partitions/0/records?{query}";

    private async Task ProduceAsync(int value) => await _service.ProduceAsync($"/topics/{_topic}", $$"""{"records":[{"value":{{value}}}]}""");

    /// <summary>Once the stream sleeps for so long, lets that much time pass, or only the first part of it.</summary>
    private async Task AdvanceAsync(TimeSpan sleep, TimeSpan? first = null)
    {
        await _clock.WhenWaitingAsync(sleep);
        _clock.Advance(first ?? sleep);
    }
}

using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing;

namespace ManagedLog.Functions.Tests.V3;

/// <summary>What time does to a streaming produce. The clock stands still unless a test advances it.</summary>
public sealed class RecordsStreamTimeTests : IAsyncLifetime
{
    private static readonly TimeSpan s_limit = TimeSpan.FromHours(24);

    private readonly ManualTimeProvider _clock = new();
    private readonly TestService _service;
    private string _topic = "";

    public RecordsStreamTimeTests() => _service = new TestService(_clock);

    public async Task InitializeAsync()
    {
        await _service.InitializeAsync();
        _topic = await _service.CreateTopicAsync(1, ("linger.ms", "0"));
    }

    public Task DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Stream_After24Hours_EndsWithAReportOf408_AndTheConnectionHalfASecondLater()
    {
        await using var connection = await BeginAsync();
        await connection.SendChunkAsync("""{"value":{"type":"JSON","data":1}}""");
        Assert.Equal(0, (long)(await ReportAsync(connection))["offset"]!);
        await _clock.WhenWaitingAsync(s_limit);
        _clock.Advance(s_limit - TimeSpan.FromMilliseconds(1));
        await connection.SendChunkAsync("""{"value":{"type":"JSON","data":2}}{"value":""");
        Assert.Equal(1, (long)(await ReportAsync(connection))["offset"]!);

        _clock.Advance(TimeSpan.FromMilliseconds(1));

        var report = await ReportAsync(connection);
        Assert.Equal(408, (int)report["error_code"]!);
        Assert.Contains("1.00:00:00", (string)report["message"]!, StringComparison.Ordinal);
        Assert.Null(await connection.ChunkAsync());
        await _clock.WhenWaitingAsync(TimeSpan.FromMilliseconds(500));
        _clock.Advance(TimeSpan.FromMilliseconds(500));
        await connection.ClosedAsync();
        Assert.Equal(2, await _service.EndAsync(_topic));
    }

    [Fact]
    public async Task Stream_ThatHadNoRecordBeforeItsTimeWasOver_EndsWithThatReportAlone()
    {
        await using var connection = await BeginAsync();
        await _clock.WhenWaitingAsync(s_limit);
        _clock.Advance(s_limit);
        Assert.Equal(408, (int)(await ReportAsync(connection))["error_code"]!);
        Assert.Null(await connection.ChunkAsync());
    }

    [Fact]
    public async Task Stream_ThatEndsBeforeItsTime_LeavesNoTimer()
    {
        await using var connection = await BeginAsync();
        await _clock.WhenWaitingAsync(s_limit);
        await connection.SendChunkAsync("{}");
        await ReportAsync(connection);
        await connection.EndChunksAsync();
        Assert.Null(await connection.ChunkAsync());

        // The next request on the connection is answered only when this one has been left.
        await connection.SendAsync("GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n");
        await connection.HeadersAsync();
        Assert.DoesNotContain(s_limit, _clock.Waiting);
    }

    private async Task<RawConnection> BeginAsync()
    {
        var connection = await RawConnection.OpenAsync(_service.Address);
        await connection.PostChunkedAsync(_service.V3($"/topics/{_topic}/records"));
        await connection.HeadersAsync();
        return connection;
    }

    private static async Task<JsonNode> ReportAsync(RawConnection connection) => JsonNode.Parse((await connection.ChunkAsync())!)!;
}

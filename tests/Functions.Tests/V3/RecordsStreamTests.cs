using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

/// <summary>Streaming produce over a real connection, where it matters what is sent when.</summary>
[Collection(SharedService.Name)]
public sealed class RecordsStreamTests(TestService service)
{
    [Fact]
    public async Task Stream_IsAnsweredBeforeTheFirstRecord()
    {
        await using var connection = await BeginAsync(await service.CreateTopicAsync());
        Assert.StartsWith("HTTP/1.1 200", await connection.HeadersAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_ReportsEachRecordWhileTheBodyGoesOn()
    {
        var topic = await service.CreateTopicAsync();
        await using var connection = await BeginAsync(topic);
        await connection.HeadersAsync();
        for (var i = 0; i < 20; i++)
        {
            await connection.SendChunkAsync($$$"""{"value":{"type":"JSON","data":{{{i}}}}}""");
            Assert.Equal(i, (long)Report(await connection.ChunkAsync())["offset"]!);

            // It stands, and others see it.
            Assert.Equal(i + 1, await service.EndAsync(topic));
        }

        await connection.EndChunksAsync();
        Assert.Null(await connection.ChunkAsync());
    }

    [Fact]
    public async Task Stream_SendsEachReportInAChunkOfItsOwn_HoweverTheRecordsCame()
    {
        var topic = await service.CreateTopicAsync();
        await using var connection = await BeginAsync(topic);
        await connection.HeadersAsync();

        // Three records and a part of the fourth, then the rest cut in odd places.
        await connection.SendChunkAsync("""{"value":{"type":"JSON","data":0}}{"value":{"type":"JSON","data":1}} {"value":{"type":"JSON","data":2}}{"val""");
        for (var i = 0; i < 3; i++)
            Assert.Equal(i, (long)Report(await connection.ChunkAsync())["offset"]!);
        await connection.SendChunkAsync("ue\":{\"ty");
        await connection.SendChunkAsync("pe\":\"JSON\",\"data\":3}");
        await connection.SendChunkAsync("}");
        Assert.Equal(3, (long)Report(await connection.ChunkAsync())["offset"]!);
        await connection.EndChunksAsync();
        Assert.Null(await connection.ChunkAsync());
        Assert.Equal([0, 1, 2, 3], (await service.FetchAsync(topic)).Select(record => (int)record!["value"]!));
    }

    [Fact]
    public async Task Stream_WhenARecordIsNotGood_ReportsItAtOnceAndGoesOn()
    {
        await using var connection = await BeginAsync(await service.CreateTopicAsync());
        await connection.HeadersAsync();
        await connection.SendChunkAsync("""{"value":1}""");
        Assert.Equal(400, (int)Report(await connection.ChunkAsync())["error_code"]!);
        await connection.SendChunkAsync("{}");
        Assert.Equal(200, (int)Report(await connection.ChunkAsync())["error_code"]!);
    }

    [Fact]
    public async Task Stream_WhenItIsNoJson_EndsWhileTheClientStillSends()
    {
        await using var connection = await BeginAsync(await service.CreateTopicAsync());
        await connection.HeadersAsync();
        await connection.SendChunkAsync("nonsense");
        Assert.Equal(400, (int)Report(await connection.ChunkAsync())["error_code"]!);
        Assert.Null(await connection.ChunkAsync());
        await connection.ClosedAsync();
    }

    [Fact]
    public async Task Stream_WhenTheClientBreaksOff_KeepsWhatWasReportedAndNothingOfThePartialRecord()
    {
        var topic = await service.CreateTopicAsync();
        await using var connection = await BeginAsync(topic);
        await connection.HeadersAsync();
        await connection.SendChunkAsync("""{"value":{"type":"JSON","data":0}}{"value":{"type":"JSON","da""");
        Assert.Equal(0, (long)Report(await connection.ChunkAsync())["offset"]!);
        connection.BreakOff();
        await connection.ClosedAsync();
        Assert.Equal(1, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Stream_WhenTheClientExpectsContinue_GetsItBeforeTheAnswer()
    {
        var topic = await service.CreateTopicAsync();
        await using var connection = await RawConnection.OpenAsync(service.Address);
        await connection.PostAsync(service.V3($"/topics/{topic}/records"), "application/json", "Expect: 100-continue\r\nContent-Length: 2");
        Assert.StartsWith("HTTP/1.1 100", await connection.HeadersAsync(), StringComparison.Ordinal);
        await connection.SendAsync("{}");
        Assert.StartsWith("HTTP/1.1 200", await connection.HeadersAsync(), StringComparison.Ordinal);
        Assert.Equal(0, (long)Report(await connection.ChunkAsync())["offset"]!);
    }

    [Fact]
    public async Task Stream_WithoutARecord_ReportsThat()
    {
        await using var connection = await BeginAsync(await service.CreateTopicAsync());
        await connection.HeadersAsync();
        await connection.EndChunksAsync();
        Assert.Equal(42206, (int)Report(await connection.ChunkAsync())["error_code"]!);
        Assert.Null(await connection.ChunkAsync());
    }

    [Fact]
    public async Task Stream_SeesPartitionsThatAreAddedMeanwhile()
    {
        var topic = await service.CreateTopicAsync();
        await using var connection = await BeginAsync(topic);
        await connection.HeadersAsync();
        await connection.SendChunkAsync("""{"partition_id":1}""");
        Assert.Equal(40402, (int)Report(await connection.ChunkAsync())["error_code"]!);
        using (await service.SendAsync(HttpMethod.Patch, service.V3($"/topics/{topic}"), """{"partitions_count":2}"""))
            await connection.SendChunkAsync("""{"partition_id":1}""");
        Assert.Equal(0, (long)Report(await connection.ChunkAsync())["offset"]!);
    }

    [Fact]
    public async Task Stream_WhenTheServiceStops_EndsAfterWhatItReported()
    {
        var own = new TestService();
        await own.InitializeAsync();
        var topic = await own.CreateTopicAsync();
        await using var connection = await RawConnection.OpenAsync(own.Address);
        await connection.PostChunkedAsync(own.V3($"/topics/{topic}/records"));
        await connection.HeadersAsync();
        await connection.SendChunkAsync("{}");
        Assert.Equal(200, (int)Report(await connection.ChunkAsync())["error_code"]!);
        var stopping = own.StopAsync();
        Assert.Null(await connection.ChunkAsync());
        await stopping;
        await own.DisposeAsync();
    }

    private async Task<RawConnection> BeginAsync(string topic)
    {
        var connection = await RawConnection.OpenAsync(service.Address);
        await connection.PostChunkedAsync(service.V3($"/topics/{topic}/records"));
        return connection;
    }

    /// <summary>A chunk is one JSON document and <c>\r\n</c>, no more and no less.</summary>
    private static JsonNode Report(string? chunk)
    {
        Assert.EndsWith("}\r\n", chunk, StringComparison.Ordinal);
        return JsonNode.Parse(chunk!)!;
    }
}

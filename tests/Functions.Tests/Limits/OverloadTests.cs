using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing;

namespace ManagedLog.Functions.Tests.Limits;

/// <summary>What an instance refuses because it is too much at once. Requests are held open by the test, never by chance.</summary>
public sealed class OverloadTests
{
    private const string Record = """{"records":[{"value":1}]}""";

    [Fact]
    public async Task Stream_WhenThereAreAsManyAsMayBe_IsRefusedWith503WhileOthersAreServed()
    {
        await using var running = await RunningService.StartAsync("--ManagedLog:Limits:MaxWaiting=1");
        var service = running.Service;
        var topic = await service.CreateTopicAsync();
        using (await EventStream.OpenAsync(service, $"/topics/{topic}/records?offset=latest"))
        {
            using var refused = await service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0");
            Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
            await TestService.ExpectErrorAsync(refused, 503, 50003, "fetches and streams", "Nothing was done");
            await service.ProduceAsync($"/topics/{topic}", Record);
        }
    }

    [Fact]
    public async Task Produce_OfKnownLength_IsNoStream()
    {
        await using var running = await RunningService.StartAsync("--ManagedLog:Limits:MaxWaiting=1");
        var service = running.Service;
        var topic = await service.CreateTopicAsync();
        await using var stream = await RawConnection.OpenAsync(service.Address);
        await stream.PostChunkedAsync(service.V3($"/topics/{topic}/records"));
        await stream.HeadersAsync();
        using var known = await service.SendAsync(HttpMethod.Post, service.V3($"/topics/{topic}/records"), "{}");
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        await using var another = await RawConnection.OpenAsync(service.Address);
        await another.PostChunkedAsync(service.V3($"/topics/{topic}/records"));
        Assert.StartsWith("HTTP/1.1 503", await another.HeadersAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Stream_WhenItsCallerHasAsManyAsItMayHave_IsRefusedWith429()
    {
        await using var running = await RunningService.StartAsync("--ManagedLog:Limits:MaxWaitingPerCaller=1");
        var service = running.Service;
        var topic = await service.CreateTopicAsync();
        using (await EventStream.OpenAsync(service, $"/topics/{topic}/records?offset=latest"))
            await service.ExpectErrorAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0", body: (string?)null, null, 429, 42901, "quota");
    }

    [Theory]
    [InlineData("1000", "5000", 503, 50003)]
    [InlineData("5000", "1000", 429, 42901)]
    public async Task Produce_WhenItsBodyHasNoRoomBesideOthers_IsRefusedBeforeItIsRead_AndTakenWhenThereIs(string all, string each, int status, int code)
    {
        await using var running = await RunningService.StartAsync(
            "--ManagedLog:MaxProduceBytes=1000", $"--ManagedLog:Limits:MaxBodyBytes={all}", $"--ManagedLog:Limits:MaxBodyBytesPerCaller={each}");
        var service = running.Service;
        var topic = await service.CreateTopicAsync();
        await using var stream = await RawConnection.OpenAsync(service.Address);
        await HoldAsync(stream, service, topic, 600);
        Assert.Equal(600, service.Use.Bodies.Taken);

        await using var announced = await RawConnection.OpenAsync(service.Address);
        await announced.PostAsync($"/topics/{topic}", TestService.Json, "Content-Length: 500");
        await ExpectRefusalAsync(announced, status, code);
        await using var chunked = await RawConnection.OpenAsync(service.Address);
        await chunked.PostChunkedAsync($"/topics/{topic}", TestService.Json);
        await chunked.SendChunkAsync($$"""{"records":[{"value":"{{new string('x', 500)}}"}]}""");
        await chunked.EndChunksAsync();
        await ExpectRefusalAsync(chunked, status, code);
        await using var single = await RawConnection.OpenAsync(service.Address);
        await single.PostAsync(service.V3($"/topics/{topic}/records"), "application/json", "Transfer-Encoding: chunked\r\nPrefer: http-status");
        await single.SendChunkAsync($$$"""{"value":{"type":"STRING","data":"{{{new string('x', 500)}}}"}}""");
        await single.EndChunksAsync();
        await ExpectRefusalAsync(single, status, code);
        Assert.Equal(600, service.Use.Bodies.Taken);

        await stream.SendChunkAsync("\"}}");
        Assert.Equal(200, (int)JsonNode.Parse((await stream.ChunkAsync())!)!["error_code"]!);
        await service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"{{new string('x', 900)}}"}]}""");
        Assert.Equal(3, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Stream_WhenARecordHasNoRoomBesideOthers_ReportsIt_AndTakesTheNextThatHas()
    {
        await using var running = await RunningService.StartAsync(
            "--ManagedLog:MaxProduceBytes=1000", "--ManagedLog:Limits:MaxBodyBytes=1000", "--ManagedLog:Limits:MaxBodyBytesPerCaller=1000");
        var service = running.Service;
        var topic = await service.CreateTopicAsync();
        await using var stream = await RawConnection.OpenAsync(service.Address);
        await HoldAsync(stream, service, topic, 600);
        await using var other = await RawConnection.OpenAsync(service.Address);
        await other.PostChunkedAsync(service.V3($"/topics/{topic}/records"));
        await other.HeadersAsync();
        await other.SendChunkAsync($$$"""{"value":{"type":"STRING","data":"{{{new string('x', 500)}}}"}}""");
        Assert.Equal(50003, (int)JsonNode.Parse((await other.ChunkAsync())!)!["error_code"]!);
        await other.SendChunkAsync("{}");
        Assert.Equal(200, (int)JsonNode.Parse((await other.ChunkAsync())!)!["error_code"]!);
        Assert.Equal(2, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Fetch_WhenOthersHoldAllThatThereIsForAnswers_IsRefusedWith503_AndAnsweredWhenTheyDoNot()
    {
        await using var running = await RunningService.StartAsync("--ManagedLog:Limits:MaxAnswerBytes=1000");
        var service = running.Service;
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync($"/topics/{topic}", Record);
        service.Use.Answers.Take(1000);
        foreach (var path in new[] { $"/topics/{topic}/partitions/0/records?offset=0", $"/topics/{topic}/records?offset=earliest" })
        {
            using var refused = await service.SendAsync(HttpMethod.Get, path);
            Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
            await TestService.ExpectErrorAsync(refused, 503, 50003, "bytes of answers");
        }

        service.Use.Answers.Return(1000);
        Assert.Single(await service.FetchAsync(topic));
        Assert.Equal(0, service.Use.Answers.Taken);
    }

    [Fact]
    public async Task Fetch_ThatWaitsWhileOthersTakeAllThatThereIs_IsRefusedWhenItWouldBeAnswered()
    {
        var clock = new ManualTimeProvider();
        await using var running = new RunningService(new TestService(clock, "--ManagedLog:Limits:MaxAnswerBytes=1000"));
        var service = running.Service;
        await service.InitializeAsync();
        var topic = await service.CreateTopicAsync(1, ("linger.ms", "0"));
        var waiting = service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0&timeout=50000");
        await clock.WhenWaitingAsync(TimeSpan.FromSeconds(50));
        var body = $$$"""{"partitions":[{"topic":"{{{topic}}}","partition":0,"offset":0}],"timeout":40000}""";
        var several = service.SendAsync(HttpMethod.Post, service.V3("/records:fetch"), body);
        await clock.WhenWaitingAsync(TimeSpan.FromSeconds(40));
        service.Use.Answers.Take(1000);
        await service.ProduceAsync($"/topics/{topic}", Record);
        using var refused = await waiting;
        await TestService.ExpectErrorAsync(refused, 503, 50003, "bytes of answers");
        using var refusedToo = await several;
        await TestService.ExpectErrorAsync(refusedToo, 503, 50003, "bytes of answers");
    }

    [Fact]
    public async Task Poll_OfAConsumer_WhenOthersHoldAllThatThereIsForAnswers_IsRefused_AndTheNextGivesTheSameRecords()
    {
        await using var running = await RunningService.StartAsync("--ManagedLog:Limits:MaxAnswerBytes=1000");
        var service = running.Service;
        var topic = await service.CreateTopicAsync();
        using var made = await service.SendAsync(HttpMethod.Post, "/consumers/group", """{"name":"one","format":"json","auto.offset.reset":"earliest"}""", TestService.V2);
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        const string Consumer = "/consumers/group/instances/one";
        using var assigned = await service.SendAsync(HttpMethod.Post, $"{Consumer}/assignments", $$$"""{"partitions":[{"topic":"{{{topic}}}","partition":0}]}""", TestService.V2);
        Assert.Equal(HttpStatusCode.NoContent, assigned.StatusCode);
        var waiting = service.SendAsync(HttpMethod.Get, $"{Consumer}/records?timeout=0", accept: TestService.Json);
        Assert.Equal(HttpStatusCode.OK, (await waiting).StatusCode);

        // At the door there was room; what is read then is refused before anything is given out.
        await service.ProduceAsync($"/topics/{topic}", Record);
        service.Use.Answers.Take(1000);
        using var refused = await service.SendAsync(HttpMethod.Get, $"{Consumer}/records?timeout=0", accept: TestService.Json);
        await TestService.ExpectErrorAsync(refused, 503, 50003, "bytes of answers");
        service.Use.Answers.Return(1000);
        Assert.Single((await service.GetAsync($"{Consumer}/records?timeout=1000", TestService.Json)).AsArray());
    }

    [Fact]
    public async Task Stream_WhenOthersHoldAllThatThereIsForAnswers_PausesAndGoesOnWhenTheyDoNot()
    {
        var clock = new ManualTimeProvider();
        await using var running = new RunningService(new TestService(clock, "--ManagedLog:Limits:MaxAnswerBytes=1000"));
        var service = running.Service;
        await service.InitializeAsync();
        var topic = await service.CreateTopicAsync(1, ("linger.ms", "0"));
        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/records?offset=latest");
        await stream.BlockAsync();
        service.Use.Answers.Take(1000);
        await service.ProduceAsync($"/topics/{topic}", Record);
        await clock.WhenWaitingAsync(StreamLimits.LongestPause);
        service.Use.Answers.Return(1000);
        clock.Advance(StreamLimits.LongestPause);
        Assert.Equal("0:0", EventStream.PlaceOf((await stream.RecordAsync())!));
    }

    [Fact]
    public async Task Fetch_WhenRoomForAnswersIsShort_GivesLessAndTellsWhereToGoOn_AndNeverNothing()
    {
        await using var running = await RunningService.StartAsync("--ManagedLog:Limits:MaxAnswerBytes=1", "--ManagedLog:Limits:MaxAnswerBytesPerCaller=1");
        var service = running.Service;
        var topic = await service.CreateTopicAsync();
        for (var i = 0; i < 3; i++)
            await service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"{{new string('x', 50_000)}}"}]}""");
        for (var offset = 0; offset < 3; offset++)
            Assert.Equal(offset, (int)Assert.Single(await service.FetchAsync(topic, 0, $"offset={offset}"))!["offset"]!);
    }

    [Fact]
    public async Task Stream_WhenARecordDoesNotComeToItsEnd_IsEndedWith408AndAppendsNothing()
    {
        var clock = new ManualTimeProvider();
        await using var running = new RunningService(new TestService(clock));
        var service = running.Service;
        await service.InitializeAsync();
        var topic = await service.CreateTopicAsync(1, ("linger.ms", "0"));
        await using var stream = await RawConnection.OpenAsync(service.Address);
        await stream.PostChunkedAsync(service.V3($"/topics/{topic}/records"));
        await stream.HeadersAsync();
        await stream.SendChunkAsync("""{}{"value":""");
        Assert.Equal(200, (int)JsonNode.Parse((await stream.ChunkAsync())!)!["error_code"]!);
        await clock.WhenWaitingAsync(TimeSpan.FromSeconds(60));
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(408, (int)JsonNode.Parse((await stream.ChunkAsync())!)!["error_code"]!);
        Assert.Null(await stream.ChunkAsync());
        Assert.Equal(1, await service.EndAsync(topic));
    }

    [Fact]
    public async Task Topics_BeyondTheirNumber_AreRefused_AndSoArePartitions()
    {
        await using var running = await RunningService.StartAsync("--ManagedLog:Limits:MaxTopics=2", "--ManagedLog:Limits:MaxPartitionsPerTopic=3");
        var service = running.Service;
        var topic = await service.CreateTopicAsync(3);
        await service.CreateTopicAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3("/topics"), """{"topic_name":"third"}""", "application/json", 400, 40002, "2 topics", "MaxTopics");
        await service.ExpectErrorAsync(HttpMethod.Post, service.V3("/topics"), """{"topic_name":"wide","partitions_count":4}""", "application/json", 400, 40002, "MaxPartitionsPerTopic");
        await service.ExpectErrorAsync(HttpMethod.Patch, service.V3($"/topics/{topic}"), """{"partitions_count":4}""", "application/json", 400, 40002, "MaxPartitionsPerTopic");
        using var deleted = await service.SendAsync(HttpMethod.Delete, service.V3($"/topics/{topic}"));
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await service.CreateTopicAsync();
    }

    /// <summary>Opens a stream of produces and sends a record that is taken, and so many bytes of one that does not end; all of them are held when this returns.</summary>
    private static async Task HoldAsync(RawConnection stream, TestService service, string topic, int bytes)
    {
        await stream.PostChunkedAsync(service.V3($"/topics/{topic}/records"));
        await stream.HeadersAsync();
        const string Begin = "{\"value\":{\"type\":\"STRING\",\"data\":\"";
        await stream.SendChunkAsync("{}" + Begin + new string('x', bytes - Begin.Length));
        Assert.Equal(200, (int)JsonNode.Parse((await stream.ChunkAsync())!)!["error_code"]!);
    }

    private static async Task ExpectRefusalAsync(RawConnection connection, int status, int code)
    {
        var headers = await connection.HeadersAsync();
        Assert.StartsWith($"HTTP/1.1 {status}", headers, StringComparison.Ordinal);
        Assert.Contains("Retry-After: 1", headers, StringComparison.Ordinal);
        var error = JsonNode.Parse(await connection.BodyAsync(headers))!;
        Assert.Equal(code, (int)error["error_code"]!);
        Assert.Contains("Nothing was appended", (string)error["message"]!, StringComparison.Ordinal);
    }
}

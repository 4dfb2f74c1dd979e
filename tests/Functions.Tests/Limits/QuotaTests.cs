using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Tests.Security;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing;

namespace ManagedLog.Functions.Tests.Limits;

/// <summary>What one caller can have of an instance. The clock stands still unless a test advances it.</summary>
public sealed class QuotaTests
{
    private const string Record = """{"records":[{"value":1}]}""";

    [Fact]
    public async Task Request_WhenItsCallerIsOverItsRate_IsRefusedWithoutEffectUntilThatHasPassed()
    {
        var clock = new ManualTimeProvider();
        await using var service = await StartAsync(clock, "--ManagedLog:Limits:RequestsPerSecond=5");
        clock.Advance(TimeSpan.FromSeconds(5));
        var topic = await service.Service.CreateTopicAsync(1, ("linger.ms", "0"));
        for (var i = 0; i < 4; i++)
            await service.Service.ProduceAsync($"/topics/{topic}", Record);
        using var refused = await service.Service.SendAsync(HttpMethod.Post, $"/topics/{topic}", Record, TestService.Json);
        Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
        await TestService.ExpectErrorAsync(refused, 429, 42901, "quota", "Nothing was done");
        using var health = await service.Service.SendAsync(HttpMethod.Get, "/health/ready");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(4, await service.Service.EndAsync(topic));
    }

    [Fact]
    public async Task Request_WhenItsCallerHasSentMoreBytesThanItsQuota_IsRefusedUntilThatHasPassed()
    {
        var clock = new ManualTimeProvider();
        await using var service = await StartAsync(clock, "--ManagedLog:Limits:BytesInPerSecond=1000");
        var topic = await service.Service.CreateTopicAsync(1, ("linger.ms", "0"));
        clock.Advance(TimeSpan.FromSeconds(1));
        await service.Service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"{{new string('x', 3_000)}}"}]}""");
        using var refused = await service.Service.SendAsync(HttpMethod.Post, $"/topics/{topic}", Record, TestService.Json);
        await TestService.ExpectErrorAsync(refused, 429, 42901, "quota");
        var wait = int.Parse(refused.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture);
        Assert.Equal(3, wait);
        clock.Advance(TimeSpan.FromSeconds(wait));
        await service.Service.ProduceAsync($"/topics/{topic}", Record);
    }

    [Fact]
    public async Task Request_WhenItsCallerHasTakenMoreBytesThanItsQuota_IsRefusedUntilThatHasPassed()
    {
        var clock = new ManualTimeProvider();
        await using var service = await StartAsync(clock, "--ManagedLog:Limits:BytesOutPerSecond=2000");
        var topic = await service.Service.CreateTopicAsync(1, ("linger.ms", "0"));
        clock.Advance(TimeSpan.FromSeconds(5));
        await service.Service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"{{new string('x', 5_000)}}"}]}""");
        await service.Service.FetchAsync(topic);
        using var refused = await service.Service.SendAsync(HttpMethod.Get, $"/topics/{topic}/partitions/0/records?offset=0");
        await TestService.ExpectErrorAsync(refused, 429, 42901, "quota");
        clock.Advance(TimeSpan.FromSeconds(4));
        await service.Service.FetchAsync(topic);
    }

    [Fact]
    public async Task Request_WithAKey_CountsForThatKeyAlone()
    {
        var clock = new ManualTimeProvider();
        await using var secure = await SecureService.StartAsync(null, clock, "--ManagedLog:Limits:RequestsPerSecond=6");
        var (one, other) = ($"Bearer {await secure.KeyAsync("consume:topic:*")}", $"Bearer {await secure.KeyAsync("consume:topic:*")}");
        for (var i = 0; i < 6; i++)
            Assert.Equal(200, await StatusAsync(secure, one));
        Assert.Equal(429, await StatusAsync(secure, one));
        Assert.Equal(200, await StatusAsync(secure, other));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, await StatusAsync(secure, one));
    }

    [Fact]
    public async Task Request_WithAKeyThatHasAQuota_IsRefusedByThat_WhileOthersGoByTheConfigured()
    {
        var clock = new ManualTimeProvider();
        await using var secure = await SecureService.StartAsync(null, clock, "--ManagedLog:Limits:RequestsPerSecond=6");
        clock.Advance(TimeSpan.FromSeconds(5));
        var small = await KeyAsync(secure, "consume:topic:*", """{"requests_per_second": 0.5}""");
        var large = await KeyAsync(secure, "consume:topic:*", """{"requests_per_second": 8, "bytes_in_per_second": null}""");
        var bytes = await KeyAsync(secure, "consume:topic:*", """{"bytes_in_per_second": 1000}""");
        var none = await KeyAsync(secure, "consume:topic:*", "null");
        foreach (var (key, room) in new[] { (small, 1), (large, 8), (bytes, 6), (none, 6) })
        {
            for (var i = 0; i < room; i++)
                Assert.Equal(200, await StatusAsync(secure, key));
            using var refused = await secure.SendAsync(key, "GET", "/v3/clusters");
            Assert.Equal(key == small ? "2" : "1", refused.Headers.GetValues("Retry-After").Single());
            await TestService.ExpectErrorAsync(refused, 429, 42901, "quota", "Nothing was done");
        }

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(429, await StatusAsync(secure, small));
        Assert.Equal(200, await StatusAsync(secure, none));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, await StatusAsync(secure, small));
    }

    [Fact]
    public async Task Bytes_InEitherDirection_WithAKeyThatHasAQuotaOfThem_AreCounted()
    {
        var clock = new ManualTimeProvider();
        await using var secure = await SecureService.StartAsync(null, clock);
        var topic = await secure.Service.CreateTopicAsync(1, ("linger.ms", "0"));
        var sender = await KeyAsync(secure, $"produce:topic:{topic}", """{"bytes_in_per_second": 1000}""");
        var reader = await KeyAsync(secure, $"consume:topic:{topic}", """{"bytes_out_per_second": 1000}""");
        var free = await KeyAsync(secure, $"produce:topic:{topic}", "null");
        var large = $$"""{"records":[{"value":"{{new string('x', 3_000)}}"}]}""";
        foreach (var (key, method, path, body) in new[] { (sender, "POST", $"/topics/{topic}", large), (reader, "GET", $"/topics/{topic}/partitions/0/records?offset=0", null) })
        {
            using (var first = await secure.SendAsync(key, method, path, body, TestService.Json))
            {
                Assert.Equal(200, (int)first.StatusCode);
                await first.Content.ReadAsByteArrayAsync();
            }

            using var refused = await secure.SendAsync(key, method, path, body, TestService.Json);
            await TestService.ExpectErrorAsync(refused, 429, 42901, "quota");
            Assert.InRange(int.Parse(refused.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture), 3, 5);
        }

        for (var i = 0; i < 2; i++)
        {
            using var other = await secure.SendAsync(free, "POST", $"/topics/{topic}", large, TestService.Json);
            Assert.Equal(200, (int)other.StatusCode);
        }

        Assert.Equal(3, await secure.Service.EndAsync(topic));
    }

    private static async Task<string> KeyAsync(SecureService secure, string scope, string quota) =>
        $"Bearer {(await secure.NewKeyAsync(new JsonObject { ["name"] = "test", ["scopes"] = new JsonArray(scope), ["quota"] = JsonNode.Parse(quota) }))["key"]}";

    private static async Task<int> StatusAsync(SecureService secure, string authorization)
    {
        using var answer = await secure.SendAsync(authorization, "GET", "/v3/clusters");
        return (int)answer.StatusCode;
    }

    [Fact]
    public async Task Stream_WhenItsCallerIsOverItsQuotaOfBytes_RefusesRecordsOneByOneAndGoesOn()
    {
        var clock = new ManualTimeProvider();
        await using var service = await StartAsync(clock, "--ManagedLog:Limits:BytesInPerSecond=1000");
        var topic = await service.Service.CreateTopicAsync(1, ("linger.ms", "0"));
        clock.Advance(TimeSpan.FromSeconds(1));
        await using var stream = await RawConnection.OpenAsync(service.Service.Address);
        await stream.PostChunkedAsync(service.Service.V3($"/topics/{topic}/records"));
        await stream.HeadersAsync();
        await stream.SendChunkAsync($$$"""{"value":{"type":"STRING","data":"{{{new string('x', 1_500)}}}"}}""");
        Assert.Equal(200, CodeOf(await stream.ChunkAsync()));
        await stream.SendChunkAsync("{}");
        Assert.Equal(42901, CodeOf(await stream.ChunkAsync()));
        clock.Advance(TimeSpan.FromSeconds(1));
        await stream.SendChunkAsync("{}");
        Assert.Equal(200, CodeOf(await stream.ChunkAsync()));
        Assert.Equal(2, await service.Service.EndAsync(topic));
    }

    [Fact]
    public async Task Stream_OfAnswers_WhenItsCallerHasTakenMoreThanItsQuota_PausesAndGoesOn()
    {
        var clock = new ManualTimeProvider();
        await using var running = await StartAsync(clock, "--ManagedLog:Limits:BytesOutPerSecond=100000");
        var service = running.Service;
        var topic = await service.CreateTopicAsync(1, ("linger.ms", "0"));
        for (var i = 0; i < 2; i++)
            await service.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"{{new string('x', StreamLimits.ReadBytes)}}"}]}""");
        using var stream = await EventStream.OpenAsync(service, $"/topics/{topic}/records?offset=earliest");
        Assert.Equal("0:0", EventStream.PlaceOf((await stream.RecordAsync())!));
        var next = stream.RecordAsync();
        for (var i = 0; i < 2; i++)
        {
            await clock.WhenWaitingAsync(StreamLimits.LongestPause);
            Assert.False(next.IsCompleted);
            clock.Advance(StreamLimits.LongestPause);
        }

        await clock.WhenWaitingAsync(StreamLimits.LongestPause);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("0:1", EventStream.PlaceOf((await next)!));
    }

    private static int CodeOf(string? report) => (int)JsonNode.Parse(report!)!["error_code"]!;

    private static async Task<RunningService> StartAsync(ManualTimeProvider clock, params string[] settings)
    {
        var service = new TestService(clock, settings);
        await service.InitializeAsync();
        return new RunningService(service);
    }
}

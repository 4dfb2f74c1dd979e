using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ManagedLog.Functions.Tests.Security;

public sealed class AuthenticationTests
{
    private const string V2Body = """{"records":[{"value":1}]}""";

    [Fact]
    public async Task Key_IsToldOnce_AndListedWithoutItsSecret()
    {
        await using var secure = await SecureService.StartAsync();
        var made = await secure.NewKeyAsync(null, "produce:topic:a*");
        var key = (string)made["key"]!;
        Assert.StartsWith($"mlk_{made["prefix"]}_", key, StringComparison.Ordinal);
        Assert.Equal(60, key.Length);

        var list = await secure.Service.GetAsync(secure.Service.V3("/api-keys"));
        var listed = Assert.Single(list["data"]!.AsArray())!;
        Assert.Equal(("test", "admin", "produce:topic:a*"), ((string)listed["name"]!, (string)listed["created_by"]!, (string)listed["scopes"]![0]!));
        Assert.DoesNotContain(key.Split('_', 3)[2], list.ToJsonString(), StringComparison.Ordinal);
        Assert.Null(listed["last_used_at"]);
    }

    [Theory]
    [InlineData("""{"requests_per_second":0.5,"bytes_in_per_second":1000000,"bytes_out_per_second":1000000000000}""", """{"requests_per_second":0.5,"bytes_in_per_second":1000000,"bytes_out_per_second":1000000000000}""")]
    [InlineData("""{"bytes_in_per_second":1}""", """{"requests_per_second":null,"bytes_in_per_second":1,"bytes_out_per_second":null}""")]
    [InlineData("""{"requests_per_second":null}""", null)]
    [InlineData("{}", null)]
    [InlineData("null", null)]
    public async Task Key_IsShownWithItsQuota(string given, string? shown)
    {
        await using var secure = await SecureService.StartAsync();
        var made = await secure.NewKeyAsync(new JsonObject { ["name"] = "test", ["scopes"] = new JsonArray("produce:topic:a"), ["quota"] = JsonNode.Parse(given) });
        Assert.Equal(shown, made["quota"]?.ToJsonString());
        var listed = Assert.Single((await secure.Service.GetAsync(secure.Service.V3("/api-keys")))["data"]!.AsArray())!;
        Assert.True(listed.AsObject().ContainsKey("quota"));
        Assert.Equal(shown, listed["quota"]?.ToJsonString());
        var audited = (await secure.Service.GetAsync(secure.Service.V3("/audit?action=api_key.create")))["data"]![0]!;
        Assert.Equal(shown, audited["details"]!["quota"]?.ToJsonString());
    }

    [Theory]
    [InlineData("""{"requests_per_second":0}""", 400, 40002, "quota.requests_per_second is a number from 0.001 to 1000000")]
    [InlineData("""{"requests_per_second":-1}""", 400, 40002, "requests_per_second")]
    [InlineData("""{"requests_per_second":1000001}""", 400, 40002, "requests_per_second")]
    [InlineData("""{"requests_per_second":1e999}""", 400, 40002, "requests_per_second")]
    [InlineData("""{"bytes_in_per_second":0.5}""", 400, 40002, "quota.bytes_in_per_second is a number from 1 to 1000000000000")]
    [InlineData("""{"bytes_out_per_second":1000000000001}""", 400, 40002, "bytes_out_per_second")]
    [InlineData("""{"requests_per_second":"5"}""", 400, 400, "Malformed JSON")]
    [InlineData("5", 400, 400, "Malformed JSON")]
    [InlineData("""{"requests":5}""", 422, 422, "The quota has no member")]
    public async Task Quota_ThatIsNone_IsRefusedByName(string quota, int status, int code, string words)
    {
        await using var secure = await SecureService.StartAsync();
        var body = $$"""{"name":"a","scopes":["produce:topic:a"],"quota":{{quota}}}""";
        await secure.Service.ExpectErrorAsync(HttpMethod.Post, secure.Service.V3("/api-keys"), body, "application/json", status, code, words);
        Assert.Empty((await secure.Service.GetAsync(secure.Service.V3("/api-keys")))["data"]!.AsArray());
    }

    [Theory]
    [InlineData("Bearer KEY", 200)]
    [InlineData("bearer KEY", 200)]
    [InlineData("Basic any:KEY", 200)]
    [InlineData("Basic :KEY", 200)]
    [InlineData("Basic KEY", 401)]
    [InlineData("Basic KEY:", 401)]
    [InlineData("KEY", 401)]
    [InlineData("Bearer", 401)]
    [InlineData("Bearer KEYx", 401)]
    [InlineData("Bearer KEY KEY", 401)]
    [InlineData("Digest KEY", 401)]
    [InlineData("Bearer mlk_", 401)]
    [InlineData("Bearer mlk_admin_", 401)]
    public async Task Credentials_AreTakenAsTheyAreDocumentedAndNoOtherWay(string form, int status)
    {
        await using var secure = await SecureService.StartAsync();
        foreach (var key in new[] { await secure.KeyAsync("consume:topic:a"), SecureService.AdminKey })
        {
            var header = form.Replace("KEY", key, StringComparison.Ordinal);
            if (header.StartsWith("Basic ", StringComparison.Ordinal))
                header = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(header["Basic ".Length..]));
            using var answer = await secure.SendAsync(header, "GET", "/topics");
            Assert.Equal(status, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Bodies_ThatMakeNoKey_AreRefused()
    {
        await using var secure = await SecureService.StartAsync();
        foreach (var body in new[]
        {
            """{"scopes":["produce:topic:a"]}""", """{"name":"","scopes":["produce:topic:a"]}""", """{"name":"a"}""", """{"name":"a","scopes":[]}""", """{"name":"a","scopes":[null]}""",
            """{"name":"a","scopes":["describe:topic:a"]}""", """{"name":"a","scopes":["produce:cluster"]}""", """{"name":"a","scopes":["manage:topic:"]}""",
            """{"name":"a","scopes":["manage:topic:a\nmanage:cluster"]}""", """{"name":"a","scopes":["produce:topic:a"],"expires_at":"2020-01-01T00:00:00Z"}""",
        })
            await secure.Service.ExpectErrorAsync(HttpMethod.Post, secure.Service.V3("/api-keys"), body, "application/json", 400, 40002);
        Assert.Empty((await secure.Service.GetAsync(secure.Service.V3("/api-keys")))["data"]!.AsArray());
        await secure.Service.ExpectErrorAsync(HttpMethod.Delete, secure.Service.V3("/api-keys/none"), (string?)null, null, 404, 404);
    }

    [Fact]
    public async Task Revocation_HoldsAtOnceHereAndWithinSecondsElsewhere_AlsoForStreams()
    {
        var time = new ManualTimeProvider();
        var storage = new InMemoryBackend(time);
        await using var here = await SecureService.StartAsync(storage, time);
        await using var elsewhere = await SecureService.StartAsync(storage, time);
        var topic = await here.Service.CreateTopicAsync();
        var key = await here.KeyAsync($"consume:topic:{topic}");
        using var before = await elsewhere.SendAsync("Bearer " + key, "GET", $"/topics/{topic}");
        Assert.Equal(200, (int)before.StatusCode);
        using var stream = await elsewhere.SendAsync("Bearer " + key, "GET", $"/topics/{topic}/records?offset=earliest", accept: "text/event-stream");
        Assert.Equal(200, (int)stream.StatusCode);

        await here.RevokeAsync(key);
        using var refused = await here.SendAsync("Bearer " + key, "GET", $"/topics/{topic}");
        Assert.Equal(401, (int)refused.StatusCode);
        using var remembered = await elsewhere.SendAsync("Bearer " + key, "GET", $"/topics/{topic}");
        Assert.Equal(200, (int)remembered.StatusCode);

        var end = stream.Content.ReadAsStringAsync();
        for (var i = 0; i < 12 && !end.IsCompleted; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            using var _ = await elsewhere.SendAsync(null, "GET", "/");
        }

        using var late = await elsewhere.SendAsync("Bearer " + key, "GET", $"/topics/{topic}");
        Assert.Equal(401, (int)late.StatusCode);
        await end.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task ProduceStream_WhenTheKeyIsRevoked_RefusesTheRecordsThatFollow()
    {
        await using var secure = await SecureService.StartAsync();
        var topic = await secure.Service.CreateTopicAsync();
        var key = await secure.KeyAsync($"produce:topic:{topic}");
        await using var connection = await RawConnection.OpenAsync(secure.Service.Address);
        await connection.PostChunkedAsync(secure.Service.V3($"/topics/{topic}/records"), "application/json\r\nAuthorization: Bearer " + key);
        await connection.HeadersAsync();
        await connection.SendChunkAsync("{}");
        Assert.Equal(200, (int)JsonNode.Parse((await connection.ChunkAsync())!)!["error_code"]!);
        await secure.RevokeAsync(key);
        await connection.SendChunkAsync("{}");
        Assert.Equal(40101, (int)JsonNode.Parse((await connection.ChunkAsync())!)!["error_code"]!);
        Assert.Equal(1, await secure.Service.EndAsync(topic));
    }

    [Fact]
    public async Task Lists_ShowWhatTheCallerMaySee_AndNothingElse()
    {
        await using var secure = await SecureService.StartAsync();
        var (mine, other) = (await secure.Service.CreateTopicAsync(), await secure.Service.CreateTopicAsync());
        var key = "Bearer " + await secure.KeyAsync($"consume:topic:{mine}");
        foreach (var path in new[] { "/topics", secure.Service.V3("/topics"), secure.Service.V3("/topics/-/configs"), secure.Service.V3("/brokers/0/partition-replicas"), secure.Service.V3("/insight/topics") })
        {
            using var answer = await secure.SendAsync(key, "GET", path);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.Contains(mine, text, StringComparison.Ordinal);
            Assert.DoesNotContain(other, text, StringComparison.Ordinal);
        }

        using var described = await secure.SendAsync(key, "GET", secure.Service.V3($"/topics/{mine}?include_authorized_operations=true"));
        var operations = JsonNode.Parse(await described.Content.ReadAsStringAsync())!["authorized_operations"]!.AsArray().Select(operation => (string)operation!);
        Assert.Equal(["READ", "DESCRIBE", "DESCRIBE_CONFIGS"], operations);

        using var fetched = await secure.SendAsync(
            key, "POST", secure.Service.V3("/records:fetch"), $$"""{"partitions":[{"topic":"{{mine}}","partition":0,"offset":0},{"topic":"{{other}}","partition":0,"offset":0},{"topic":"none","partition":0,"offset":0}]}""");
        var partitions = JsonNode.Parse(await fetched.Content.ReadAsStringAsync())!["partitions"]!.AsArray().ToDictionary(one => (string)one!["topic"]!, one => (int?)one!["error_code"]);
        Assert.Equal((null, 40301, 40301), (partitions[mine], partitions[other], partitions["none"]));
    }

    [Fact]
    public async Task Denial_TellsNotWhetherTheTopicExists()
    {
        await using var secure = await SecureService.StartAsync();
        var there = await secure.Service.CreateTopicAsync();
        var key = "Bearer " + await secure.KeyAsync("produce:topic:mine");
        using var one = await secure.SendAsync(key, "GET", $"/topics/{there}");
        using var two = await secure.SendAsync(key, "GET", "/topics/topic-0");
        Assert.Equal((await one.Content.ReadAsStringAsync()).Replace(there, "topic-0", StringComparison.Ordinal), await two.Content.ReadAsStringAsync());
        Assert.Equal(403, (int)two.StatusCode);
    }

    [Fact]
    public async Task IdempotencyKey_OfAnotherCaller_IsItsOwn()
    {
        await using var secure = await SecureService.StartAsync();
        var topic = await secure.Service.CreateTopicAsync();
        foreach (var key in new[] { await secure.KeyAsync("produce:topic:*"), await secure.KeyAsync("produce:topic:*") })
        {
            for (var i = 0; i < 2; i++)
            {
                var request = new HttpRequestMessage(HttpMethod.Post, new Uri(secure.Service.Address, $"/topics/{topic}")) { Content = new StringContent(V2Body, Encoding.UTF8, TestService.Json) };
                request.Content.Headers.ContentType = new(TestService.Json);
                request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
                request.Headers.Add("Idempotency-Key", "the-same");
                using var client = new HttpClient();
                using var answer = await client.SendAsync(request);
                Assert.Equal(200, (int)answer.StatusCode);
            }
        }

        Assert.Equal(2, await secure.Service.EndAsync(topic));
    }

    [Fact]
    public async Task WrongCredentials_InDevelopment_AreRefusedAllTheSame()
    {
        var service = new TestService();
        await service.InitializeAsync();
        service.Client.DefaultRequestHeaders.Authorization = new("Bearer", "mlk_abcdefghijkl_0123456789012345678901234567890123456789012");
        await service.ExpectErrorAsync(HttpMethod.Get, "/topics", (string?)null, null, 401, 40101);
        await service.DisposeAsync();
    }

    [Fact]
    public async Task StorageThatDoesNotAnswer_Is503_AndLetsNobodyIn()
    {
        var storage = new FaultyStorage();
        await using var secure = await SecureService.StartAsync(storage);
        var key = await secure.KeyAsync("consume:topic:*");
        storage.Fault = _ => OutcomeStatus.Throttled;
        using var answer = await secure.SendAsync("Bearer " + key, "GET", "/brokers");
        Assert.Equal(503, (int)answer.StatusCode);
        using var health = await secure.SendAsync(null, "GET", "/health/ready");
        Assert.Equal(200, (int)health.StatusCode);
    }

    [Fact]
    public async Task RememberedKey_CostsNoMemoryAndNoStorage()
    {
        await using var secure = await SecureService.StartAsync(time: new ManualTimeProvider());
        var authentication = secure.Service.Services.GetRequiredService<Authentication>();
        var context = new DefaultHttpContext();
        context.Request.Headers.Authorization = "Bearer " + await secure.KeyAsync("consume:topic:*");
        for (var i = 0; i < 100; i++)
            Assert.NotNull((await authentication.IdentifyAsync(context)).Caller);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = 0;
        for (var i = 0; i < 1_000; i++)
            found += (await authentication.IdentifyAsync(context)).Caller is null ? 0 : 1;
        Assert.Equal((1_000, 0), (found, GC.GetAllocatedBytesForCurrentThread() - before));
    }

    [Fact]
    public async Task Logs_AtTheirMostTalkative_HoldNoCredentials()
    {
        var storage = new FaultyStorage();
        await using var secure = await SecureService.StartAsync(storage, null, "--Logging:LogLevel:Default", "Trace");
        using var written = new CapturedLogs();
        secure.Service.Services.GetRequiredService<ILoggerFactory>().AddProvider(written);
        var key = await secure.KeyAsync("produce:topic:*", "consume:topic:*");
        foreach (var credentials in new[] { key, key + "x", SecureService.AdminKey, "aaaa.bbbb.cccc" })
        {
            foreach (var path in new[] { "/topics", "/topics/none", "/nowhere", "/topics/none/partitions/0/records" })
            {
                using var answer = await secure.SendAsync("Bearer " + credentials, "GET", path);
                Assert.DoesNotContain(credentials, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }

        storage.Fault = call => call.Verb == StorageVerb.ReadRow ? throw new InvalidOperationException("defect") : null;
        using var failed = await secure.SendAsync("Bearer " + SecureService.AdminKey, "GET", "/topics/none");
        Assert.Equal(500, (int)failed.StatusCode);
        Assert.Contains("defect", written.Text, StringComparison.Ordinal);
        foreach (var secret in new[] { key.Split('_', 3)[2], SecureService.AdminKey["mlk_admin_".Length..], "aaaa.bbbb.cccc" })
            Assert.DoesNotContain(secret, written.Text, StringComparison.Ordinal);
    }
}

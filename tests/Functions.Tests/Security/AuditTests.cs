using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Insight;
using ManagedLog.Functions.Api.OpenApi;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Security.Auditing;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ManagedLog.Functions.Tests.Security;

public sealed class AuditTests
{
    /// <summary>Of paths that need manage: always refused; only told what would be.</summary>
    private static readonly string[] s_changeNothing = ["/acls", "/offsets:preview"];

    [Fact]
    public async Task Change_IsWrittenDownWhenItBegins_AndWhenItHasEnded()
    {
        await using var secure = await SecureService.StartAsync();
        var key = await secure.NewKeyAsync(null, "manage:topic:*");
        using var made = await secure.SendAsync(
            "Bearer " + key["key"], "POST", secure.Service.V3("/topics"), """{"topic_name":"orders","partitions_count":3,"configs":[{"name":"retention.ms","value":"1000"}]}""");
        Assert.Equal(201, (int)made.StatusCode);

        var (ended, begun) = (await ListAsync(secure, "?resource=topic:orders")) is [var one, var two] ? (one, two) : throw new InvalidOperationException();
        Assert.Equal(("done", "begun", (string?)begun["id"]), ((string?)ended["outcome"], (string?)begun["outcome"], (string?)ended["id"]));
        foreach (var record in new[] { begun, ended })
        {
            Assert.Equal(("topic.create", $"key:{key["prefix"]}", "127.0.0.1"), ((string?)record["action"], (string?)record["principal"], (string?)record["source_address"]));
            Assert.Equal("""{"partitions_count":3,"replication_factor":null,"configs":{"retention.ms":"1000"}}""", record["details"]!.ToJsonString());
            Assert.NotEmpty((string)record["request_id"]!);
            Assert.Equal((long)record["time"]!, DateTimeOffset.Parse((string)record["at"]!, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds());
        }
    }

    [Fact]
    public async Task Change_ThatIsRefused_IsWrittenDownWithTheReason_AndOneThatIsOnlyAskedForIsNot()
    {
        await using var secure = await SecureService.StartAsync();
        await secure.Service.ExpectErrorAsync(HttpMethod.Delete, secure.Service.V3("/topics/none"), (string?)null, null, 404, 40403);
        await secure.Service.ExpectErrorAsync(HttpMethod.Delete, secure.Service.V3("/api-keys/abcdefghijkl"), (string?)null, null, 404, 404);
        using var asked = await secure.Service.SendAsync(HttpMethod.Post, secure.Service.V3("/topics"), """{"topic_name":"a","validate_only":true}""");
        Assert.Equal(200, (int)asked.StatusCode);

        var records = await ListAsync(secure);
        Assert.Equal(["api_key.revoke refused", "api_key.revoke begun", "topic.delete refused", "topic.delete begun"], records.Select(record => $"{record["action"]} {record["outcome"]}"));
        Assert.StartsWith("UnknownTopicOrPartition: ", (string)records[2]["error"]!, StringComparison.Ordinal);
        Assert.Equal("There is no API key with this prefix.", (string)records[0]["error"]!);
    }

    /// <summary>Of every endpoint that changes something; a new one that writes nothing down fails.</summary>
    [Fact]
    public async Task Endpoints_ThatChangeSomething_AllWriteItDown()
    {
        await using var secure = await SecureService.StartAsync();
        var written = 0L;
        foreach (var endpoint in ((EndpointDataSource)secure.Service.Services.GetService(typeof(EndpointDataSource))!).Endpoints.OfType<RouteEndpoint>())
        {
            var pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            foreach (var method in endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods)
            {
                var access = endpoint.Metadata.GetRequiredMetadata<Access>();
                if (pattern.StartsWith("/kafka", StringComparison.Ordinal) || method == "GET" || access.Permission != Permission.Manage || s_changeNothing.Any(pattern.Contains))
                    continue;
                using var ensured = await secure.Service.SendAsync(HttpMethod.Post, secure.Service.V3("/topics"), """{"topic_name":"readings"}""");
                if (method == "POST" && pattern.EndsWith("/topics", StringComparison.Ordinal))
                    (await secure.Service.SendAsync(HttpMethod.Delete, secure.Service.V3("/topics/readings"))).Dispose();
                written = await CountAsync(secure);
                var operation = Operations.All.Single(one => one.Method == method && one.Path == pattern);
                var body = operation.Bodies.FirstOrDefault(one => one.Example is not null);
                using var answer = await secure.SendAsync(
                    "Bearer " + SecureService.AdminKey, method, OpenApiDocument.ExampleOf(operation, secure.Service.Cluster), body?.Example, body?.MediaType ?? "application/json");
                Assert.True(await CountAsync(secure) > written, $"{method} {pattern} ({(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}) is not in the audit.");
            }
        }
    }

    [Fact]
    public async Task Change_WhenTheAuditCannotBeWritten_IsNotMade_UnlessThatIsConfigured()
    {
        foreach (var mode in new[] { AuditMode.Required, AuditMode.BestEffort })
        {
            var storage = new FaultyStorage();
            await using var secure = await SecureService.StartAsync(storage, null, "--ManagedLog:Security:Audit", mode.ToString(), "--ManagedLog:Engine:AppendTimeout", "00:00:01");
            await secure.Service.CreateTopicAsync();
            storage.Fault = call => call.Target.EndsWith(".log", StringComparison.Ordinal) ? OutcomeStatus.Throttled : null;
            using var answer = await secure.SendAsync("Bearer " + SecureService.AdminKey, "POST", secure.Service.V3("/topics"), """{"topic_name":"orders"}""");
            var text = await answer.Content.ReadAsStringAsync();
            storage.Fault = _ => null;
            using var there = await secure.SendAsync("Bearer " + SecureService.AdminKey, "GET", "/topics/orders");
            if (mode == AuditMode.Required)
            {
                Assert.True((503, 404) == ((int)answer.StatusCode, (int)there.StatusCode), text);
                Assert.Contains("audit", text, StringComparison.Ordinal);
            }
            else
            {
                Assert.True((201, 200) == ((int)answer.StatusCode, (int)there.StatusCode), text);
            }

            Assert.Contains("managedlog_audit_failures_total", await MetricsAsync(secure), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Change_WhenItsEndCannotBeWritten_IsMadeAndSaidToBe_AndTheAuditHasItsBeginning()
    {
        var storage = new FaultyStorage();
        await using var secure = await SecureService.StartAsync(storage, null, "--ManagedLog:Engine:AppendTimeout", "00:00:01");
        await secure.Service.CreateTopicAsync();
        var appends = 0;
        storage.Fault = call => call.Target.EndsWith(".log", StringComparison.Ordinal) && ++appends > 1 ? OutcomeStatus.Throttled : null;
        using var answer = await secure.SendAsync("Bearer " + SecureService.AdminKey, "POST", secure.Service.V3("/topics"), """{"topic_name":"orders"}""");
        storage.Fault = _ => null;
        Assert.Equal(201, (int)answer.StatusCode);
        // Whether the end stands after all is as with every append that was not answered.
        Assert.Equal("begun", (string)(await ListAsync(secure, "?resource=topic:orders"))[^1]["outcome"]!);
        Assert.Contains("managedlog_audit_failures_total 1", await MetricsAsync(secure), StringComparison.Ordinal);
    }

    /// <summary>Not only where storage says no, but also where it throws: by then the change is made, and whoever asked must not be told that the service failed.</summary>
    [Fact]
    public async Task Change_WhenTheAuditThrowsAtItsEnd_IsMadeAndSaidToBe_AndTheRecordIsInTheLog()
    {
        var storage = new FaultyStorage();
        await using var secure = await SecureService.StartAsync(storage, null, "--ManagedLog:Engine:MetadataMaxAge", "00:00:00", "--Logging:LogLevel:Default", "Error");
        using var written = new CapturedLogs();
        secure.Service.Services.GetRequiredService<ILoggerFactory>().AddProvider(written);
        await secure.Service.CreateTopicAsync();
        var isBegun = false;
        storage.Fault = call =>
        {
            isBegun |= call.Verb == StorageVerb.CommitRows;
            return isBegun && call.Verb == StorageVerb.ReadRow && call.Key.Contains(AuditTrail.TopicName, StringComparison.Ordinal) ? throw new InvalidDataException("damaged row") : null;
        };
        using var answer = await secure.SendAsync("Bearer " + SecureService.AdminKey, "POST", secure.Service.V3("/topics"), """{"topic_name":"orders","partitions_count":7}""");
        storage.Fault = _ => null;
        Assert.True((int)answer.StatusCode == 201, await answer.Content.ReadAsStringAsync());
        Assert.Equal(["begun"], (await ListAsync(secure, "?resource=topic:orders")).Select(record => (string)record["outcome"]!));
        Assert.Contains("damaged row", written.Text, StringComparison.Ordinal);
        Assert.Contains("\"partitions_count\":7", written.Text, StringComparison.Ordinal);
        Assert.Contains("managedlog_audit_failures_total 1", await MetricsAsync(secure), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attempt_OfACallerWhoMayNot_IsWrittenDown_AtABoundedRate()
    {
        var time = new ManualTimeProvider();
        await using var secure = await SecureService.StartAsync(new InMemoryBackend(time), time);
        var topic = await secure.Service.CreateTopicAsync();
        var key = await secure.NewKeyAsync(null, $"consume:topic:{topic}");
        var before = await CountAsync(secure);
        for (var i = 0; i < 20; i++)
            Assert.Equal(403, await StatusAsync("DELETE", secure.Service.V3($"/topics/{topic}")));
        await SettleAsync(secure);
        var denied = Assert.Single(await ListAsync(secure, "?action=denied"));
        Assert.Equal(($"key:{key["prefix"]}", secure.Service.V3($"/topics/{topic}"), "DELETE"), ((string?)denied["principal"], (string?)denied["resource"], (string?)denied["details"]!["method"]));
        Assert.Equal(before + 1, await CountAsync(secure));

        time.Advance(TimeSpan.FromSeconds(2));
        // That one may not, the endpoint finds out.
        Assert.Equal(403, await StatusAsync("POST", secure.Service.V3("/topics"), """{"topic_name":"other"}"""));
        await SettleAsync(secure);
        Assert.Equal(19, (int)(await ListAsync(secure, "?action=denied"))[0]["details"]!["passed_over"]!);
        // What is no administration is not.
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(403, await StatusAsync("POST", $"/topics/{topic}", """{"records":[]}"""));
        await SettleAsync(secure);
        Assert.Equal(2, (await ListAsync(secure, "?action=denied")).Count);

        async Task<int> StatusAsync(string method, string path, string? body = null)
        {
            using var answer = await secure.SendAsync("Bearer " + key["key"], method, path, body);
            await answer.Content.ReadAsStringAsync();
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task Pages_GoFromNewestToOldest_WithoutAGapOrARepetition()
    {
        await using var secure = await SecureService.StartAsync();
        for (var i = 0; i < 6; i++)
            await secure.Service.CreateTopicAsync();
        var all = (await ListAsync(secure)).Select(record => (long)record["offset"]!).ToList();
        Assert.Equal(Enumerable.Range(0, 12).Reverse().Select(offset => (long)offset), all);

        foreach (var (size, filter, expected) in new[] { (5, "", all), (1, "&action=topic.*&principal=admin", all), (4, "&action=topic.grow", []), (2, "&resource=topic:topic-3", [5L, 4L]) })
        {
            var paged = new List<long>();
            var path = secure.Service.V3($"/audit?page_size={size}{filter}");
            while (path is not null)
            {
                var page = await secure.Service.GetAsync(path);
                Assert.True(page["data"]!.AsArray().Count <= size);
                paged.AddRange(page["data"]!.AsArray().Select(record => (long)record!["offset"]!));
                path = (string?)page["metadata"]!["next"] is { } next ? new Uri(next).PathAndQuery : null;
            }

            Assert.Equal(expected, paged);
        }

        foreach (var wrong in new[] { "page_size=0", "page_token=x", "from=yesterday", "to=x" })
            await secure.Service.ExpectErrorAsync(HttpMethod.Get, secure.Service.V3("/audit?" + wrong), (string?)null, null, 400, 40002);
    }

    [Fact]
    public async Task Times_ChooseWhatTheySay()
    {
        var time = new ManualTimeProvider();
        await using var secure = await SecureService.StartAsync(new InMemoryBackend(time), time);
        var marks = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            marks.Add(time.GetUtcNow().ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
            await secure.Service.CreateTopicAsync();
            time.Advance(TimeSpan.FromHours(1));
        }

        async Task<string> ResourcesAsync(string query) => string.Join(' ', (await ListAsync(secure, query)).Select(record => ((string)record["resource"]!)[^1]).Distinct());
        Assert.Equal("3 2 1", await ResourcesAsync(""));
        Assert.Equal("3 2", await ResourcesAsync("?from=" + marks[1]));
        Assert.Equal("2 1", await ResourcesAsync("?to=" + marks[2]));
        Assert.Equal("2", await ResourcesAsync($"?from={marks[1]}&to={marks[2]}"));
    }

    [Fact]
    public async Task Audit_IsATopic_ThatOnlyThoseWhoManageTheClusterReadAndNobodyWrites()
    {
        await using var secure = await SecureService.StartAsync();
        await secure.Service.CreateTopicAsync();
        const string path = "/topics/__audit/partitions/0/records?offset=earliest";
        var records = await secure.Service.GetAsync(path, TestService.Text);
        Assert.Equal(["topic.create", "topic.create"], records.AsArray().Select(record => (string)JsonNode.Parse((string)record!["value"]!)!["action"]!));
        Assert.Equal("topic:topic-1", (string)records[0]!["key"]!);

        foreach (var (scope, status) in new[] { ("manage:cluster", 200), ("consume:topic:*", 403), ("consume:topic:__audit", 403) })
        {
            var key = await secure.KeyAsync(scope);
            using var read = await secure.SendAsync("Bearer " + key, "GET", path, accept: TestService.Text);
            Assert.Equal(status, (int)read.StatusCode);
            using var listed = await secure.SendAsync("Bearer " + key, "GET", secure.Service.V3("/audit"));
            Assert.Equal(status, (int)listed.StatusCode);
        }

        await secure.Service.ExpectErrorAsync(HttpMethod.Post, "/topics/__audit", """{"records":[{"value":1}]}""", TestService.Json, 403, 40301);
        await secure.Service.ExpectErrorAsync(HttpMethod.Delete, secure.Service.V3("/topics/__audit"), (string?)null, null, 403, 40301);
        await secure.Service.ExpectErrorAsync(
            HttpMethod.Post, secure.Service.V3("/topics/__audit/partitions/0/records:delete"), """{"before_offset":-1}""", "application/json", 403, 40301);
    }

    [Fact]
    public async Task Secrets_AreNotInIt_AlsoWhereSomebodyPutsOneWhereAPrefixBelongs()
    {
        await using var secure = await SecureService.StartAsync();
        var key = await secure.KeyAsync("consume:topic:*");
        foreach (var credentials in new[] { SecureService.AdminKey, key })
        {
            using var answer = await secure.SendAsync("Bearer " + credentials, "DELETE", secure.Service.V3("/api-keys/" + key));
            await answer.Content.ReadAsStringAsync();
        }

        await SettleAsync(secure);
        Assert.Equal(["denied", "api_key.revoke", "api_key.revoke", "api_key.create", "api_key.create"], (await ListAsync(secure)).Select(record => (string)record["action"]!));
        var stored = (await secure.Service.GetAsync("/topics/__audit/partitions/0/records?offset=earliest", TestService.Text)).ToJsonString();
        foreach (var secret in new[] { key.Split('_', 3)[2], SecureService.AdminKey["mlk_admin_".Length..] })
            Assert.DoesNotContain(secret, stored, StringComparison.Ordinal);
    }

    [Fact]
    public void Details_ThatAreTooLong_AreLeftOut()
    {
        var configs = Enumerable.Range(0, 100).ToDictionary(i => $"config-{i}", _ => (string?)new string('x', 5_000));
        Assert.Equal("""{"is_too_long":true}""", Change.ConfigureTopic("a", configs).DetailsText());
        Assert.True(Change.ConfigureTopic(new string('a', 100_000), configs.Take(5).ToDictionary()).DetailsText().Length < 10_000);
    }

    [Fact]
    public async Task Off_WritesNothing()
    {
        await using var secure = await SecureService.StartAsync(settings: ["--ManagedLog:Security:Audit", "Off"]);
        await secure.Service.CreateTopicAsync();
        Assert.Empty(await ListAsync(secure));
        Assert.DoesNotContain("__audit", (await secure.Service.GetAsync(secure.Service.V3("/topics"))).ToJsonString(), StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<JsonNode>> ListAsync(SecureService secure, string query = "") =>
        [.. (await secure.Service.GetAsync(secure.Service.V3("/audit" + query)))["data"]!.AsArray().Select(record => record!)];

    /// <summary>An attempt is written down after it was answered. A connection's next request is looked at when all of that is over.</summary>
    private static async Task SettleAsync(SecureService secure)
    {
        using var answer = await secure.SendAsync(null, "GET", "/");
        await answer.Content.ReadAsStringAsync();
    }

    private static async Task<long> CountAsync(SecureService secure) => (await ListAsync(secure, "?page_size=1")) is [var last] ? (long)last["offset"]! + 1 : 0;

    private static async Task<string> MetricsAsync(SecureService secure)
    {
        using var answer = await secure.Service.SendAsync(HttpMethod.Get, "/metrics");
        return await answer.Content.ReadAsStringAsync();
    }
}

using ManagedLog.Functions.Api.OpenApi;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Tests.Support;
using Microsoft.AspNetCore.Routing;

namespace ManagedLog.Functions.Tests.Security;

/// <summary>Every mapped endpoint, called by every kind of caller. What each needs is said here once more and by itself, so that a new endpoint without a row fails.</summary>
public sealed class PermissionMatrixTests
{
    private const string C = "/v3/clusters/{cluster}";
    private const string T = C + "/topics/{topic}";
    private const string P = T + "/partitions/{partition}";
    private const string I = C + "/insight";
    private const string G = C + "/consumer-groups/{group}";
    private const string Instance = "/consumers/{group}/instances/{instance}";

    private static readonly Dictionary<Need, string[]> s_rows = new()
    {
        [Need.Nothing] = ["GET /", "GET /health", "GET /health/ready", "GET /health/live"],
        [Need.Known] =
        [
            "GET /brokers", "GET /topics", "GET /openapi", "GET /openapi/v1.json", "GET /v3/clusters", $"GET {C}", $"GET {C}/brokers", $"GET {C}/brokers/-/configs",
            $"GET {C}/brokers/{{broker}}", $"GET {C}/brokers/{{broker}}/configs", $"GET {C}/brokers/{{broker}}/configs/{{broker_config}}", $"GET {C}/brokers/{{broker}}/partition-replicas",
            $"GET {C}/broker-configs", $"GET {C}/broker-configs/{{broker_config}}", $"GET {C}/topics", $"GET {C}/topics/-/configs", $"GET {C}/topics/-/partitions/-/reassignment", $"GET {I}/topics",
            $"GET {C}/consumer-groups",
        ],
        [Need.Describe] =
        [
            "GET /topics/{topic}", "GET /topics/{topic}/partitions", "GET /topics/{topic}/partitions/{partition}", "GET /topics/{topic}/partitions/{partition}/offsets",
            $"GET {T}", $"GET {T}/configs", $"GET {T}/configs/{{name}}", $"GET {T}/partitions", $"GET {P}", $"GET {P}/offset", $"GET {P}/replicas", $"GET {P}/replicas/{{broker}}",
            $"GET {T}/partitions/-/reassignment", $"GET {P}/reassignment", $"GET {I}/topics/{{topic}}", $"GET {I}/topics/{{topic}}/partitions", $"GET {I}/topics/{{topic}}/partitions/{{partition}}",
            $"GET {I}/topics/{{topic}}/partitions/{{partition}}/segments", $"GET {I}/topics/{{topic}}/history",
        ],
        [Need.Produce] = ["POST /topics/{topic}", "POST /topics/{topic}/partitions/{partition}", $"POST {T}/records", $"POST {T}/records:batch"],
        [Need.ProduceAnywhere] = [$"POST {C}/producers"],
        [Need.Consume] = ["GET /topics/{topic}/records", "GET /topics/{topic}/partitions/{partition}/records", $"GET {T}/records", $"GET {P}/records", $"POST {I}/topics/{{topic}}/search"],
        [Need.ConsumeOfBody] = [$"POST {C}/records:fetch"],
        [Need.Manage] = [$"PATCH {T}", $"DELETE {T}", $"POST {T}/configs:alter", $"PUT {T}/configs/{{name}}", $"DELETE {T}/configs/{{name}}", $"POST {P}/records:delete"],
        [Need.ManageOfBody] = [$"POST {C}/topics", $"POST {C}/topics/-/configs:alter"],
        [Need.DescribeGroup] =
        [
            $"GET {G}", $"GET {G}/consumers", $"GET {G}/consumers/{{consumer}}", $"GET {G}/consumers/{{consumer}}/assignments",
            $"GET {G}/consumers/{{consumer}}/assignments/{{topic}}/partitions/{{partition}}", $"GET {G}/lags", $"GET {G}/lags/{{topic}}/partitions/{{partition}}", $"GET {G}/lag-summary",
            $"GET {G}/offsets",
        ],
        [Need.ConsumeGroup] =
        [
            "POST /consumers/{group}", $"DELETE {Instance}", $"GET {Instance}/subscription", $"DELETE {Instance}/subscription", $"GET {Instance}/assignments", $"POST {Instance}/positions",
            $"POST {Instance}/positions/beginning", $"POST {Instance}/positions/end", $"GET {Instance}/records", $"POST {G}/members/{{consumer}}:heartbeat",
            $"DELETE {G}/members/{{consumer}}",
        ],
        [Need.ConsumeGroupAndTopicOfBody] =
        [
            $"POST {Instance}/subscription", $"POST {Instance}/assignments", $"POST {Instance}/offsets", $"GET {Instance}/offsets", $"POST {Instance}/offsets:fetch", $"POST {G}/members",
            $"POST {G}/members/{{consumer}}/offsets", $"POST {G}/offsets",
        ],
        [Need.ManageGroup] = [$"DELETE {G}", $"POST {G}/offsets:delete"],
        [Need.ManageGroupAndTopicOfBody] = [$"POST {G}/offsets:reset", $"POST {G}/offsets:preview"],
        [Need.Cluster] =
        [
            "GET /metrics", $"GET {C}/audit", $"GET {I}/health", $"GET {I}/history", $"GET {C}/acls", $"POST {C}/acls", $"DELETE {C}/acls", $"POST {C}/acls:batch", $"POST {C}/brokers/{{broker}}/configs:alter",
            $"PUT {C}/brokers/{{broker}}/configs/{{broker_config}}", $"DELETE {C}/brokers/{{broker}}/configs/{{broker_config}}", $"POST {C}/broker-configs:alter",
            $"PUT {C}/broker-configs/{{broker_config}}", $"DELETE {C}/broker-configs/{{broker_config}}", $"GET {C}/api-keys", $"POST {C}/api-keys", $"DELETE {C}/api-keys/{{prefix}}",
        ],
    };

    private enum Need
    {
        Nothing,
        Known,
        Describe,
        Produce,
        ProduceAnywhere,
        Consume,
        ConsumeOfBody,
        Manage,
        ManageOfBody,
        DescribeGroup,
        ConsumeGroup,
        ConsumeGroupAndTopicOfBody,
        ManageGroup,
        ManageGroupAndTopicOfBody,
        Cluster,
    }

    [Fact]
    public async Task Endpoints_AnswerEveryKindOfCallerAsTheirRowSays()
    {
        await using var secure = await SecureService.StartAsync();
        var wrong = new Dictionary<Need, string>();
        var right = new Dictionary<Need, string>();
        foreach (var need in Enum.GetValues<Need>())
        {
            wrong[need] = await secure.KeyAsync(Wrong(need));
            right[need] = await secure.KeyAsync(Right(need));
        }

        var expired = await secure.NewKeyAsync(DateTimeOffset.UtcNow.AddMilliseconds(500), "manage:cluster");
        var revoked = await secure.KeyAsync("manage:cluster", "manage:topic:*", "produce:topic:*", "consume:topic:*");
        await secure.RevokeAsync(revoked);
        var known = right[Need.Known];
        var forged = known[..^1] + (known[^1] == 'A' ? 'B' : 'A');
        while (DateTimeOffset.UtcNow < (DateTimeOffset)expired["expires_at"]!)
            await Task.Yield();

        var routes = Routes(secure.Service).ToList();
        Assert.True(routes.Count > 120, $"{routes.Count} routes are too few to be all.");
        foreach (var (method, pattern) in routes)
        {
            var need = NeedOf(method, pattern);
            async Task<(int Status, int? Code, string Text)> CallAsync(string? key)
            {
                if (need == Need.Manage || need == Need.ManageOfBody)
                    await EnsureTopicAsync(secure.Service);
                var operation = Operations.All.Single(one => one.Method == method && one.Path == Unprefixed(pattern));
                var path = OpenApiDocument.ExampleOf(operation, secure.Service.Cluster);
                path = pattern.StartsWith("/kafka", StringComparison.Ordinal) ? "/kafka" + path : path;
                var body = operation.Bodies.FirstOrDefault(one => one.Example is not null);
                using var answer = await secure.SendAsync(key is null ? null : "Bearer " + key, method, path, body?.Example, body?.MediaType ?? "application/json");
                var text = await answer.Content.ReadAsStringAsync();
                if ((int)answer.StatusCode == 401)
                    Assert.Equal(["Bearer", "Basic"], answer.Headers.WwwAuthenticate.Select(challenge => challenge.Scheme));
                return ((int)answer.StatusCode, text.Contains("40101", StringComparison.Ordinal) ? 40101 : text.Contains("40301", StringComparison.Ordinal) ? 40301 : null, text);
            }

            await EnsureTopicAsync(secure.Service);
            foreach (var (kind, key) in new[] { ("no credentials", null), ("a wrong key", forged), ("an expired key", (string)expired["key"]!), ("a revoked key", revoked) })
            {
                var (status, code, text) = await CallAsync(key);
                Assert.True(need == Need.Nothing ? status == 200 : (status, code) == (401, 40101), $"{method} {pattern} with {kind}: {status} {text}");
            }

            if (need is not (Need.Nothing or Need.Known))
            {
                var (status, code, text) = await CallAsync(wrong[need]);
                Assert.True((need == Need.ConsumeOfBody ? 200 : 403, 40301) == (status, code), $"{method} {pattern} with the wrong scope: {status} {text}");
            }

            foreach (var key in new[] { right[need], SecureService.AdminKey })
            {
                var (status, code, text) = await CallAsync(key);
                Assert.True(status is not (401 or 403) and < 500 && code is null, $"{method} {pattern} with the right scope: {status} {text}");
            }
        }
    }

    [Fact]
    public async Task Endpoints_AllDeclareWhatTheyNeed()
    {
        await using var app = Service.Build(["--storage", "memory", "--FUNCTIONS_CUSTOMHANDLER_PORT", "1"], _ => new FaultyStorage());
        foreach (var endpoint in ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
            Assert.True(endpoint.Metadata.GetMetadata<Access>() is not null, $"{endpoint.DisplayName} does not say who may use it (Routes.cs).");
    }

    /// <summary>Everything but what is needed, and that for others.</summary>
    private static string[] Wrong(Need need) => need switch
    {
        Need.Produce or Need.ProduceAnywhere => ["consume:topic:*", "manage:topic:*", "manage:cluster", "produce:group:*", .. need == Need.Produce ? new[] { "produce:topic:reading", "produce:topic:readings2*" } : []],
        Need.Consume or Need.ConsumeOfBody => ["produce:topic:*", "manage:topic:*", "manage:cluster", "consume:group:*", "consume:topic:reading", "consume:topic:Readings*"],
        Need.Manage or Need.ManageOfBody => ["produce:topic:*", "consume:topic:*", "manage:cluster", "manage:group:*", "manage:topic:other"],
        Need.Cluster => ["produce:topic:*", "consume:topic:*", "manage:topic:*", "manage:group:*", "consume:group:*"],
        Need.Describe => ["produce:topic:other", "consume:topic:reading", "manage:topic:x*", "manage:group:*", "manage:cluster"],
        Need.DescribeGroup => ["consume:group:other", "manage:group:reader", "consume:topic:*", "manage:topic:*", "manage:cluster"],
        Need.ConsumeGroup => ["manage:group:*", "produce:group:*", "consume:group:Readers", "consume:topic:*", "manage:topic:*", "manage:cluster"],
        Need.ConsumeGroupAndTopicOfBody => ["consume:group:*", "consume:topic:reading", "produce:topic:*", "manage:topic:*", "manage:group:*", "manage:cluster"],
        Need.ManageGroup => ["consume:group:*", "manage:group:reader", "manage:topic:*", "consume:topic:*", "manage:cluster"],
        Need.ManageGroupAndTopicOfBody => ["manage:group:*", "manage:topic:reading", "consume:topic:Readings*", "manage:cluster"],
        Need.Nothing or Need.Known => ["consume:topic:nothing"],
        _ => throw new ArgumentOutOfRangeException(nameof(need), need, null),
    };

    private static string[] Right(Need need) => need switch
    {
        Need.Produce or Need.ProduceAnywhere => ["produce:topic:readings"],
        Need.Consume or Need.ConsumeOfBody => ["consume:topic:read*"],
        Need.Describe => ["consume:topic:readings"],
        Need.Manage or Need.ManageOfBody => ["manage:topic:readings"],
        Need.DescribeGroup => ["consume:group:readers"],
        Need.ConsumeGroup => ["consume:group:read*"],
        Need.ConsumeGroupAndTopicOfBody => ["consume:group:readers", "consume:topic:readings"],
        Need.ManageGroup => ["manage:group:readers"],
        Need.ManageGroupAndTopicOfBody => ["manage:group:readers", "produce:topic:readings"],
        Need.Cluster => ["manage:cluster"],
        Need.Nothing or Need.Known => ["consume:group:any"],
        _ => throw new ArgumentOutOfRangeException(nameof(need), need, null),
    };

    private static Need NeedOf(string method, string pattern)
    {
        var row = $"{method} {Unprefixed(pattern)}";
        var needs = s_rows.Where(rows => rows.Value.Contains(row)).Select(rows => rows.Key).ToList();
        Assert.True(needs.Count == 1, $"{row} has {needs.Count} rows in the matrix.");
        return needs[0];
    }

    private static IEnumerable<(string Method, string Pattern)> Routes(TestService service) =>
        ((EndpointDataSource)service.Services.GetService(typeof(EndpointDataSource))!).Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(method => (method, "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))));

    private static string Unprefixed(string path) => path.StartsWith("/kafka/", StringComparison.Ordinal) ? path["/kafka".Length..] : path;

    private static async Task EnsureTopicAsync(TestService service)
    {
        using var made = await service.SendAsync(HttpMethod.Post, service.V3("/topics"), """{"topic_name":"readings"}""");
        Assert.True((int)made.StatusCode is 201 or 400, await made.Content.ReadAsStringAsync());
    }
}

using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedLog.Functions.Api.OpenApi;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Tests.Security;
using ManagedLog.Functions.Tests.Support;
using Microsoft.AspNetCore.Routing;

namespace ManagedLog.Functions.Tests.OpenApi;

[Collection(SharedService.Name)]
public sealed partial class OpenApiTests(TestService service)
{
    [Fact]
    public async Task Document_DescribesEveryRoute_AndNothingElse()
    {
        await using var app = Service.Build(["--storage", "memory"], _ => new FaultyStorage());
        var routes = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(method => (method, Path: "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))))
            .ToList();
        var described = Operations.All.Select(operation => $"{operation.Method} {operation.Path}").ToList();

        var notDescribed = routes.Select(route => $"{route.method} {Unprefixed(route.Path)}").Except(described).ToList();
        Assert.True(notDescribed.Count == 0, $"No description in functions/Api/OpenApi for {string.Join(", ", notDescribed)}.");
        Assert.Empty(described.Except(routes.Select(route => $"{route.method} {route.Path}")));
        Assert.Equal(described.Distinct(), described);

        static string Unprefixed(string path) => path.StartsWith("/kafka/", StringComparison.Ordinal) ? path["/kafka".Length..] : path;
    }

    [Fact]
    public async Task Document_HoldsTogether()
    {
        var document = await service.GetAsync("/openapi/v1.json");
        Assert.Equal("3.1.0", (string)document["openapi"]!);
        Assert.Equal(service.Address.ToString().TrimEnd('/'), (string)document["servers"]![0]!["url"]!);
        var check = new SchemaCheck(document);
        foreach (var reference in Reference().Matches(document.ToJsonString()).Select(match => match.Groups[1].Value).Distinct())
            Assert.NotEmpty(check.Resolve(reference));
        foreach (var (path, methods) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in methods!.AsObject())
            {
                var inPath = operation!["parameters"]?.AsArray().Where(parameter => (string)parameter!["in"]! == "path").Select(parameter => (string)parameter!["name"]!) ?? [];
                Assert.Equal(OpenApiDocument.NamesIn(path), inPath);
                Assert.True(operation["responses"]!.AsObject().Count > 1, $"{method} {path} says nothing of its answers.");
            }
        }

        var ids = Operations.All.Select(operation => operation.Id).ToList();
        Assert.Equal(ids.Distinct(), ids);
        var names = Operations.Schemas.Select(schema => schema.Name).ToList();
        Assert.Equal(names.Distinct(), names);
    }

    [Fact]
    public async Task Document_BehindAProxy_NamesTheAddressThatItsReaderUses()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json");
        request.Headers.Authorization = new("Bearer", SecureService.AdminKey);
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "log.example.org");
        request.Headers.Add("X-Forwarded-Prefix", "/log");
        using var answer = await service.Client.SendAsync(request);
        Assert.Equal("https://log.example.org/log", (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["servers"]![0]!["url"]!);
    }

    [Fact]
    public async Task Page_ShowsEveryOperation_AndNeedsNothingElse()
    {
        using var answer = await service.SendAsync(HttpMethod.Get, "/openapi");
        Assert.Equal((HttpStatusCode.OK, "text/html; charset=utf-8"), (answer.StatusCode, answer.Content.Headers.ContentType!.ToString()));
        var page = await answer.Content.ReadAsStringAsync();
        foreach (var operation in Operations.All)
            Assert.Contains($"<section id=\"{operation.Id}\">", page, StringComparison.Ordinal);
        foreach (Match link in Link().Matches(page))
        {
            var target = link.Groups[1].Value;
            if (target.StartsWith('#'))
                Assert.Contains($"id=\"{target[1..]}\"", page, StringComparison.Ordinal);
            else
                Assert.Equal(service.Address + "openapi/v1.json", target);
        }

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(" src=", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"/v3/clusters/{service.Cluster}/topics", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_BehindAHostThatIsNoHost_WritesNoneOfIt()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", "a\"><script>");
        using var answer = await service.Client.SendAsync(request);
        Assert.DoesNotContain("<script", await answer.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
    }

    [GeneratedRegex("\"\\$ref\":\"([^\"]+)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("href=\"([^\"]*)\"")]
    private static partial Regex Link();
}

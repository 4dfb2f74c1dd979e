using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Tests.Support;
using Microsoft.AspNetCore.Routing;

namespace ManagedLog.Functions.Tests.Hosting;

/// <summary>What the Functions host lets through is what the service serves, by the files that are published with it.</summary>
public sealed partial class FunctionFolderTests
{
    [Fact]
    public void Host_StartsTheExecutableAndProxiesRequests()
    {
        var host = Read("host.json");
        var handler = host["customHandler"]!;
        var executable = (string)handler["description"]!["defaultExecutablePath"]!;
        Assert.Equal(typeof(Service).Assembly.GetName().Name, executable);
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, executable)));
        Assert.True((bool)handler["enableProxyingHttpRequest"]!);
        Assert.Equal(("2.0", ""), ((string)host["version"]!, (string)host["extensions"]!["http"]!["routePrefix"]!));
        Assert.Null(handler["port"]);
    }

    [Fact]
    public void Functions_HaveNamesThatTheHostTakes_AndNoneTakesTheRoot()
    {
        foreach (var (name, function) in Functions())
        {
            Assert.Matches(FunctionName(), name);
            var bindings = function["bindings"]!.AsArray();
            if ((string)bindings[0]!["type"]! == "timerTrigger")
                continue;
            Assert.Equal(["httpTrigger", "http"], bindings.Select(binding => (string)binding!["type"]!));
            Assert.Equal(("anonymous", name + "/{*path}"), ((string)bindings[0]!["authLevel"]!, (string)bindings[0]!["route"]!));
        }
    }

    [Fact]
    public async Task Routes_AllHaveAFunctionThatLetsThemThrough()
    {
        await using var app = Service.Build(["--storage", "memory", "--FUNCTIONS_CUSTOMHANDLER_PORT", "1"], _ => new FaultyStorage());
        var functions = Functions().ToDictionary(function => function.Name, function => function.Function["bindings"]![0]!);
        foreach (var endpoint in ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
        {
            var segment = endpoint.RoutePattern.RawText!.TrimStart('/').Split('/')[0];

            // The host's own readiness check; it does not come through a function.
            if (segment.Length == 0)
                continue;
            Assert.True(functions.TryGetValue(segment, out var trigger), $"/{segment} has no folder with a function.json.");
            var methods = endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(method => method.ToLowerInvariant());
            if ((string)trigger!["type"]! == "httpTrigger")
                Assert.Empty(methods.Except(trigger["methods"]!.AsArray().Select(method => (string)method!)));
            else
                Assert.Equal(["post"], methods);
        }
    }

    [Fact]
    public async Task Timer_WhenAlone_IsNotThere()
    {
        var service = new TestService();
        await service.InitializeAsync();
        await service.ExpectErrorAsync(HttpMethod.Post, "/housekeeping", "{}", "application/json", 404, 404);
        await service.DisposeAsync();
    }

    private static IEnumerable<(string Name, JsonNode Function)> Functions() => Directory
        .GetFiles(AppContext.BaseDirectory, "function.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
        .Select(file => (Path.GetFileName(Path.GetDirectoryName(file))!, JsonNode.Parse(File.ReadAllText(file))!));

    private static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, file)))!;

    [GeneratedRegex("^[a-z][a-z0-9_-]*$")]
    private static partial Regex FunctionName();
}

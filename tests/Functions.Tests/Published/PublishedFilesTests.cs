using System.Text.Json.Nodes;

namespace ManagedLog.Functions.Tests.Published;

/// <summary>What is in the folder that is deployed.</summary>
public sealed class PublishedFilesTests
{
    [Fact]
    public void Host_WhenItStartsTheHandler_FindsTheExecutableAndForwardsHttpAsItIs()
    {
        var host = JsonNode.Parse(File.ReadAllText(Path.Combine(PublishedService.Folder, "host.json")))!;
        var handler = host["customHandler"]!;

        Assert.Equal("2.0", host["version"]!.GetValue<string>());
        Assert.True(handler["enableProxyingHttpRequest"]!.GetValue<bool>());
        Assert.True(File.Exists(Path.Combine(PublishedService.Folder, handler["description"]!["defaultExecutablePath"]!.GetValue<string>())));
        Assert.Equal("", host["extensions"]!["http"]!["routePrefix"]!.GetValue<string>());
    }

    [Fact]
    public void Functions_AreOneForEachFirstSegmentAndTheTimer()
    {
        var routes = Directory.GetFiles(PublishedService.Folder, "function.json", SearchOption.AllDirectories)
            .ToDictionary(static file => Path.GetFileName(Path.GetDirectoryName(file)!), static file => JsonNode.Parse(File.ReadAllText(file))!["bindings"]!.AsArray());

        Assert.Equal("timerTrigger", Assert.Single(routes["housekeeping"])!["type"]!.GetValue<string>());
        foreach (var (name, bindings) in routes.Where(static route => route.Key != "housekeeping"))
        {
            Assert.Equal(["httpTrigger", "http"], bindings.Select(static binding => binding!["type"]!.GetValue<string>()));
            var trigger = bindings[0]!;
            Assert.Equal($"{name}/{{*path}}", trigger["route"]!.GetValue<string>());
            Assert.Equal("anonymous", trigger["authLevel"]!.GetValue<string>());
            Assert.Contains("post", trigger["methods"]!.AsArray().Select(static method => method!.GetValue<string>()));
        }

        Assert.Subset(routes.Keys.ToHashSet(), new HashSet<string> { "brokers", "health", "kafka", "topics", "v3" });
    }
}

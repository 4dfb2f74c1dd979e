using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Hostile;

/// <summary>Names that try to be something else.</summary>
public sealed class PathAttackTests
{
    public static TheoryData<string> Names => new(
        "..%2f..%2fcluster", "..%2F..%2F", "%2e%2e%2f", "..%5c..%5c", "..\\..", "%252e%252e%252f", "%252f", "%00", "a%00b", "a%0d%0aX-Evil:1", "%ff%fe", "%c0%ae%c0%ae%c0%af",
        "%zz", "%", "%2", "a;b", "a%20b", "%20", "%u002e", "//", "-", "*", "a%2fpartitions%2f0", "%e2%80%ae", "__metrics", "__consumer_offsets", new string('a', 250), new string('a', 5_000));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Topic_OfAStrangeName_IsNotFound_NotWrittenTo_AndNotMade(string name)
    {
        await using var world = await HostileWorld.StartAsync();
        var body = HostileWorld.Body("evil");
        var content = $"Content-Type: {TestService.Text}\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        foreach (var path in new[] { $"/topics/{name}", $"/topics/{name}/partitions/0", $"/topics/{world.Topic}/partitions/{name}" })
            HostileWorld.ExpectRefusals(await world.AttackAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{content}"));
        foreach (var path in new[] { $"/topics/{name}/partitions/0/records?offset=0", $"/topics/{world.Topic}/partitions/{name}/records?offset=0", world.Service.V3($"/topics/{name}/configs/{name}") })
            HostileWorld.ExpectRefusals(await world.AttackAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        HostileWorld.ExpectRefusals(await world.AttackAsync($"DELETE {world.Service.V3($"/topics/{name}")} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        await world.CheckAsync();
    }

    /// <summary>Dot segments are resolved before anything else looks at a path, as RFC 3986 has it: what is left is the path.</summary>
    [Theory]
    [InlineData("POST", "/topics/..", "404 405")]
    [InlineData("POST", "/topics/{0}/partitions/..", "415")]
    [InlineData("POST", "/topics/%2e%2e/%2E%2E/%2e%2e/etc/passwd", "404")]
    [InlineData("DELETE", "/v3/clusters/{1}/topics/..", "405")]
    [InlineData("DELETE", "/v3/clusters/{1}/topics/%2e%2e", "405")]
    [InlineData("GET", "/../../../../topics/{0}/partitions/0/offsets", "200")]
    public async Task Path_WithDotSegments_IsThePathWithoutThem(string method, string path, string statuses)
    {
        await using var world = await HostileWorld.StartAsync();
        var target = string.Format(null, path, world.Topic, world.Service.Cluster);
        var answer = await world.AttackAsync($"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        Assert.Contains(Assert.Single(HostileWorld.StatusesOf(answer)).ToString(System.Globalization.CultureInfo.InvariantCulture), statuses, StringComparison.Ordinal);
        await world.CheckAsync();
    }

    [Theory]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a\\\\b")]
    [InlineData("\\u0000")]
    [InlineData("a\\r\\nb")]
    [InlineData("\\ud800")]
    [InlineData("__evil")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("caf\u00e9")]
    public async Task Topic_OfAStrangeName_IsNotMade(string name)
    {
        await using var world = await HostileWorld.StartAsync();
        using var answer = await world.Service.SendAsync(HttpMethod.Post, world.Service.V3("/topics"), $$"""{"topic_name":"{{name}}"}""");
        Assert.InRange((int)answer.StatusCode, 400, 422);
        await world.CheckAsync();
    }

    [Theory]
    [InlineData("http://evil.example/topics/{0}")]
    [InlineData("//evil.example/topics/{0}")]
    [InlineData("/./topics/../topics/{0}")]
    [InlineData("/topics/{0}?x=%00")]
    [InlineData("/topics/{0}#fragment")]
    [InlineData("*")]
    [InlineData("evil.example:443")]
    [InlineData("topics/{0}")]
    [InlineData("\\topics\\{0}")]
    public async Task Target_OfAStrangeForm_IsAnsweredAsThePathThatItIs_OrRefused(string target)
    {
        await using var world = await HostileWorld.StartAsync();
        var answer = await world.AttackAsync($"GET {string.Format(null, target, world.Topic)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Assert.All(HostileWorld.StatusesOf(answer), status => Assert.True(status is 200 or (>= 400 and < 500), answer));
        await world.CheckAsync();
    }
}

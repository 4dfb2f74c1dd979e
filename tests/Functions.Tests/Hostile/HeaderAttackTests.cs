using System.Text;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Hostile;

/// <summary>Requests whose line or headers are too much, or no HTTP at all.</summary>
public sealed class HeaderAttackTests
{
    [Fact]
    public async Task Headers_InTheirThousands_AreRefusedWith431()
    {
        await using var world = await HostileWorld.StartAsync();
        var headers = new StringBuilder();
        for (var i = 0; i < 10_000; i++)
            headers.Append(null, $"X-{i}: {i}\r\n");
        HostileWorld.ExpectRefusal("431", await world.AttackAsync(world.Produce("evil", headers.ToString())));
        await world.CheckAsync();
    }

    [Theory]
    [InlineData(40_000)]
    [InlineData(1_000_000)]
    public async Task Header_ThatIsTooLong_IsRefusedWith431(int length)
    {
        await using var world = await HostileWorld.StartAsync();
        HostileWorld.ExpectRefusal("431", await world.AttackAsync(world.Produce("evil", $"X-Long: {new string('x', length)}\r\n")));
        HostileWorld.ExpectRefusal("431", await world.AttackAsync(world.Produce("evil", $"{new string('x', length)}: 1\r\n")));
        await world.CheckAsync();
    }

    [Theory]
    [InlineData(9_000)]
    [InlineData(1_000_000)]
    public async Task Query_ThatIsTooLong_IsRefusedWith414(int length)
    {
        await using var world = await HostileWorld.StartAsync();
        var path = $"/topics/{world.Topic}/partitions/0/records?offset=0&x=";
        HostileWorld.ExpectRefusal("414", await world.AttackAsync($"GET {path}{new string('x', length)} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        await world.CheckAsync();
    }

    [Fact]
    public async Task Query_OfAThousandParameters_IsAnsweredAsAnyOther()
    {
        await using var world = await HostileWorld.StartAsync();
        var path = new StringBuilder($"/topics/{world.Topic}/partitions/0/records?offset=0");
        for (var i = 0; i < 1_500; i++)
            path.Append("&a=1");
        HostileWorld.Expect("200", await world.AttackAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        await world.CheckAsync();
    }

    [Theory]
    [InlineData("X-Bad\0: 1\r\n")]
    [InlineData("X Bad: 1\r\n")]
    [InlineData(": 1\r\n")]
    [InlineData("X-NoColon\r\n")]
    [InlineData("X-Folded: 1\r\n  2\r\n")]
    [InlineData("X-Nul: \0\r\n")]
    [InlineData("Host: other\r\n")]
    [InlineData("\r\r\n")]
    public async Task Header_ThatIsNone_IsRefused(string header)
    {
        await using var world = await HostileWorld.StartAsync();
        HostileWorld.ExpectRefusal("400", await world.AttackAsync(world.Produce("evil", header)));
        await world.CheckAsync();
    }

    [Theory]
    [InlineData("Content-Type: \r\n")]
    [InlineData("Content-Type: application/json; charset=utf-7\r\n")]
    [InlineData("Content-Encoding: gzip, gzip\r\n")]
    [InlineData("Content-Encoding: br\r\n")]
    public async Task Produce_WithAHeaderThatContradicts_IsRefused(string header)
    {
        await using var world = await HostileWorld.StartAsync();
        var body = HostileWorld.Body("evil");
        var type = header.StartsWith("Content-Type", StringComparison.Ordinal) ? "" : $"Content-Type: {TestService.Text}\r\n";
        HostileWorld.ExpectRefusals(await world.AttackAsync($"POST /topics/{world.Topic} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{type}{header}Content-Length: {body.Length}\r\n\r\n{body}"));
        await world.CheckAsync();
    }

    [Theory]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("EHLO evil\r\n")]
    [InlineData("GET /\r\n\r\n")]
    [InlineData("GET / HTTP/9.9\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\0\0\0\0\0\0\0\0\r\n\r\n")]
    [InlineData("\u00ff\u00fe\u00fd\r\n\r\n")]
    [InlineData("G\u00c9T / HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: local host/\r\n\r\n")]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("")]
    public async Task Connection_ThatSpeaksSomethingElse_IsRefusedOrClosed(string text)
    {
        await using var world = await HostileWorld.StartAsync();
        var answer = await world.AttackAsync(text, breaksOff: true);
        if (!text.StartsWith("PRI", StringComparison.Ordinal))
            Assert.All(HostileWorld.StatusesOf(answer), status => Assert.True(status is >= 400 and < 500 or 505, answer));
        await world.CheckAsync();
    }

    [Fact]
    public async Task Method_ThatIsUnknown_IsRefused()
    {
        await using var world = await HostileWorld.StartAsync();
        foreach (var method in new[] { "EVIL", "post", new string('A', 5_000), "TRACE", "CONNECT" })
            HostileWorld.ExpectRefusals(await world.AttackAsync($"{method} /topics/{world.Topic} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
        await world.CheckAsync();
    }

    [Fact]
    public async Task Connections_BeyondTheirNumber_AreClosed()
    {
        await using var world = await HostileWorld.StartAsync("--ManagedLog:Limits:MaxConnections=3");
        var held = new List<RawConnection>();
        // The test's own client has one.
        for (var i = 0; i < 2; i++)
        {
            held.Add(await world.ConnectAsync());
            await held[i].SendAsync("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200", await held[i].HeadersAsync(), StringComparison.Ordinal);
        }

        Assert.Equal("", await world.AttackAsync("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        await world.CheckAsync();
        foreach (var connection in held)
            await connection.DisposeAsync();
    }
}

using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Hostile;

/// <summary>
/// Requests about whose end a server and a proxy in front of it could be of two minds, each with another request in what may be its body. Whatever is ambiguous is refused, and nothing
/// behind it is read.
/// </summary>
public sealed class SmugglingTests
{
    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n", "12345")]
    [InlineData("Content-Length: 0\r\nContent-Length: 0\r\n", "")]
    [InlineData("Content-Length: 0, 0\r\n", "")]
    [InlineData("Content-Length: -1\r\n", "")]
    [InlineData("Content-Length: 0x0\r\n", "")]
    [InlineData("Content-Length: 0 0\r\n", "")]
    [InlineData("Content-Length: 99999999999999999999\r\n", "")]
    [InlineData("Content-Length : 0\r\n", "")]
    [InlineData("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: identity\r\n", "")]
    [InlineData("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: gzip\r\n", "")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: \u000bchunked\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "-0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "10000000000000000\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "5\r\n12345678\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "\r\n0\r\n\r\n")]
    public async Task Request_OfAmbiguousLength_IsRefused_AndWhatIsBehindItIsNotRead(string headers, string body)
    {
        await using var world = await HostileWorld.StartAsync();
        foreach (var path in new[] { $"/topics/{world.Topic}", world.Service.V3($"/topics/{world.Topic}/records"), world.Service.V3("/topics") })
        {
            var type = path.StartsWith("/v3", StringComparison.Ordinal) ? "application/json" : TestService.Text;
            var answer = await world.AttackAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\n{headers}\r\n{body}{world.Produce("evil")}");
            // A stream is begun before its body is read: its status is 200 whatever comes then.
            var most = path.EndsWith("/records", StringComparison.Ordinal) ? 200 : 0;
            Assert.True(HostileWorld.StatusesOf(answer) is [] or [>= 400 and < 500] || (HostileWorld.StatusesOf(answer) is [var status] && status == most), answer);
        }

        await world.CheckAsync();
    }

    [Fact]
    public async Task Requests_OneBehindTheOther_AreAnsweredInTheirOrder()
    {
        await using var world = await HostileWorld.StartAsync();
        HostileWorld.Expect("200 200 404 200", await world.AttackAsync(
            world.Produce("one", "") + world.Produce("two", "") + "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n" + world.Produce("three")));
        await world.CheckAsync("one", "two", "three");
    }

    [Fact]
    public async Task Trailers_ChangeNothing_AndTooManyAreRefused()
    {
        await using var world = await HostileWorld.StartAsync();
        var body = HostileWorld.Body("one");
        var request = $"POST /topics/{world.Topic} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {TestService.Text}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x};extension=1\r\n{body}\r\n0\r\n";
        HostileWorld.Expect("200", await world.AttackAsync(request + "Content-Type: application/json\r\nContent-Length: 3\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n"));
        var many = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-{i}: 1\r\n"));
        HostileWorld.ExpectRefusals(await world.AttackAsync(request.Replace("one", "two", StringComparison.Ordinal) + many + "\r\n"));
        await world.CheckAsync("one");
    }
}

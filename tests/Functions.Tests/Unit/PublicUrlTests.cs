using ManagedLog.Functions.Api.Http;
using Microsoft.AspNetCore.Http;

namespace ManagedLog.Functions.Tests.Unit;

public sealed class PublicUrlTests
{
    [Fact]
    public void Of_WithoutForwarding_IsTheConnectionsOwn() => Assert.Equal("http://inside:7071", Of());

    [Fact]
    public void Of_WithXForwarded_UsesIt() => Assert.Equal("https://log.example.org", Of(("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "log.example.org")));

    [Fact]
    public void Of_WithSeveralProxies_UsesTheClientsSide() =>
        Assert.Equal("https://outer:8443", Of(("X-Forwarded-Proto", "https, http"), ("X-Forwarded-Host", "outer:8443, inner")));

    [Fact]
    public void Of_WithForwarded_PrefersIt() => Assert.Equal(
        "https://standard.example.org",
        Of(("Forwarded", "for=192.0.2.1;host=\"standard.example.org\";proto=https, for=10.0.0.1;host=other"), ("X-Forwarded-Host", "log.example.org")));

    [Theory]
    [InlineData("evil.example.org/path")]
    [InlineData("user@evil.example.org")]
    [InlineData("a b")]
    [InlineData("evil.example.org?x")]
    [InlineData("evil.example.org#x")]
    public void Of_WhenTheHostIsNoHost_PassesItOver(string host) => Assert.Equal("http://inside:7071", Of(("X-Forwarded-Host", host)));

    [Fact]
    public void Of_WhenTheSchemeIsNeitherHttpNorHttps_PassesItOver() => Assert.Equal("http://inside:7071", Of(("X-Forwarded-Proto", "javascript")));

    [Theory]
    [InlineData("X-Forwarded-Prefix", "/log", "http://inside:7071/log")]
    [InlineData("X-Forwarded-Prefix", "/log/", "http://inside:7071/log")]
    [InlineData("X-Forwarded-Path", "/gateway/log/topics/t", "http://inside:7071/gateway/log")]
    [InlineData("X-Forwarded-Path", "/gateway/topics/t/", "http://inside:7071/gateway")]
    [InlineData("X-Forwarded-Path", "/topics/t", "http://inside:7071")]
    [InlineData("X-Forwarded-Path", "/gateway/other", "http://inside:7071")]
    [InlineData("X-Forwarded-Prefix", "//evil.example.org", "http://inside:7071")]
    [InlineData("X-Forwarded-Prefix", "/a?b", "http://inside:7071")]
    [InlineData("X-Forwarded-Prefix", "log", "http://inside:7071")]
    public void Of_BehindAPrefix_BeginsWithIt(string name, string value, string url) => Assert.Equal(url, Of((name, value)));

    private static string Of(params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.Scheme = "http";
        context.Request.Host = new HostString("inside", 7071);
        context.Request.Path = "/topics/t";
        foreach (var (name, value) in headers)
            context.Request.Headers[name] = value;
        return PublicUrl.Of(context.Request);
    }
}

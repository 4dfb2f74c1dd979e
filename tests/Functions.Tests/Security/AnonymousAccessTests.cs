using System.Net;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedLog.Functions.Tests.Security;

public sealed class AnonymousAccessTests
{
    [Theory]
    [InlineData(true, "127.0.0.1", "localhost:7071")]
    [InlineData(true, "127.0.0.1", "127.0.0.1")]
    [InlineData(true, "::1", "[::1]:80")]
    [InlineData(true, "::ffff:127.0.0.1", "LOCALHOST")]
    [InlineData(true, "127.0.0.1", "localhost", "Origin", "http://localhost:5173")]
    [InlineData(false, null, "localhost")]
    [InlineData(false, "10.0.0.1", "localhost")]
    [InlineData(false, "192.168.1.1", "localhost")]
    [InlineData(false, "127.0.0.1", "")]
    [InlineData(false, "127.0.0.1", "localhost.attacker.example")]
    [InlineData(false, "127.0.0.1", "localhost", "Origin", "https://attacker.example")]
    [InlineData(false, "127.0.0.1", "localhost", "Origin", "https://localhost.attacker.example")]
    [InlineData(false, "127.0.0.1", "localhost", "Origin", "null")]
    [InlineData(false, "127.0.0.1", "localhost", "Origin", "")]
    [InlineData(false, "127.0.0.1", "localhost", "X-Forwarded-For", "127.0.0.1")]
    [InlineData(false, "127.0.0.1", "localhost", "X-Real-IP", "127.0.0.1")]
    [InlineData(false, "127.0.0.1", "localhost", "Forwarded", "for=127.0.0.1")]
    [InlineData(false, "127.0.0.1", "localhost", "Forwarded", "host=log.example.org;proto=https, proto=http; For = 10.0.0.1")]
    [InlineData(false, "127.0.0.1", "localhost", "Forwarded", "by=gateway;host=log.example.org")]
    [InlineData(true, "127.0.0.1", "localhost", "Forwarded", "host=log.example.org;proto=https")]
    [InlineData(true, "127.0.0.1", "localhost", "X-Forwarded-Host", "log.example.org")]
    public void Request_WithoutCredentials_IsTakenFromProgramsOfThisMachineOnly(bool isTaken, string? remote, string host, string? header = null, string? value = null)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = remote is null ? null : IPAddress.Parse(remote);
        context.Request.Host = new HostString(host);
        if (header is not null)
            context.Request.Headers[header] = value;
        Assert.Equal(isTaken, AnonymousAccess.IsFromHere(context));
    }

    [Theory]
    [InlineData("urls", "http://localhost:0")]
    [InlineData("urls", "http://127.0.0.1:80;http://[::1]:80")]
    [InlineData("Kestrel:Endpoints:a:Url", "http://localhost:80")]
    [InlineData("none", "")]
    public void Development_OnLoopback_OffersIt(string name, string value)
    {
        Assert.True(AnonymousAccess.IsOffered(true, Configuration(name, value)));
        Assert.False(AnonymousAccess.IsOffered(false, Configuration(name, value)));
    }

    [Theory]
    [InlineData("urls", "http://0.0.0.0:80")]
    [InlineData("urls", "http://localhost:80;http://*:80")]
    [InlineData("urls", "http://+:80")]
    [InlineData("urls", "http://10.0.0.1:80")]
    [InlineData("urls", "http://[::]:80")]
    [InlineData("urls", "nonsense")]
    [InlineData("http_ports", "80")]
    [InlineData("https_ports", "443")]
    [InlineData("Kestrel:Endpoints:a:Url", "http://0.0.0.0:80")]
    public void Development_WhereOtherMachinesWouldReachIt_DoesNotStart(string name, string value)
    {
        var thrown = Assert.Throws<StartException>(() => AnonymousAccess.IsOffered(true, Configuration(name, value)));
        Assert.Contains("ASPNETCORE_ENVIRONMENT=Production", thrown.Message, StringComparison.Ordinal);
        Assert.False(AnonymousAccess.IsOffered(false, Configuration(name, value)));
    }

    [Fact]
    public void Development_UnderTheFunctionsHost_OffersNothing() => Assert.False(AnonymousAccess.IsOffered(true, Configuration(FunctionsHost.PortVariable, "80")));

    [Fact]
    public async Task Service_InDevelopment_TakesItsCallers_AndInProductionNone()
    {
        await using var production = await SecureService.StartAsync();
        Assert.False(production.Service.Services.GetRequiredService<Authentication>().AllowsAnonymous);
        var development = new TestService();
        await development.InitializeAsync();
        await development.GetAsync("/topics");
        development.Client.DefaultRequestHeaders.Add("X-Forwarded-For", "10.0.0.1");
        await development.ExpectErrorAsync(HttpMethod.Get, "/topics", (string?)null, null, 401, 40101, "programs on this machine");
        await development.DisposeAsync();
    }

    private static IConfiguration Configuration(string name, string value) => new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(name, (string?)value)]).Build();
}

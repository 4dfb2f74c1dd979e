using System.Net;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Http;

[Collection(SharedService.Name)]
public sealed class CorsTests(TestService service)
{
    [Theory]
    [InlineData("/topics/x")]
    [InlineData("/v3/clusters")]
    [InlineData("/no/such/path")]
    public async Task Preflight_IsAnsweredForEveryPath(string path)
    {
        using var answer = await PreflightAsync(service, path, "https://example.org");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal("*", Header(answer, "Access-Control-Allow-Origin"));
        Assert.Contains("POST", Header(answer, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Equal("content-type, idempotency-key", Header(answer, "Access-Control-Allow-Headers"));
        Assert.NotEqual("", Header(answer, "Access-Control-Max-Age"));
        Assert.Equal("Access-Control-Request-Headers", Header(answer, "Vary"));
        Assert.Equal("", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/topics")]
    [InlineData("/topics/no-such-topic")]
    public async Task Answer_ToAPage_LetsItReadHeaders_AlsoOfErrors(string path)
    {
        using var answer = await SendAsync(service, HttpMethod.Get, path, ("Origin", "https://example.org"));
        Assert.Equal("*", Header(answer, "Access-Control-Allow-Origin"));
        Assert.Contains("High-Watermark", Header(answer, "Access-Control-Expose-Headers"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_ToOthers_HasNoneOfIt()
    {
        using var answer = await SendAsync(service, HttpMethod.Get, "/topics");
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Origins_WhereTheyAreListed_AreTheOnlyOnes()
    {
        var closed = new TestService(new InMemoryBackend(TimeProvider.System), "--ManagedLog:CorsOrigins", "https://a.example.org, https://b.example.org");
        await closed.InitializeAsync();
        using var allowed = await PreflightAsync(closed, "/topics", "https://b.example.org");
        Assert.Equal((HttpStatusCode.NoContent, "https://b.example.org"), (allowed.StatusCode, Header(allowed, "Access-Control-Allow-Origin")));
        Assert.Equal("Origin, Access-Control-Request-Headers", Header(allowed, "Vary"));
        using var other = await PreflightAsync(closed, "/topics", "https://c.example.org");
        await TestService.ExpectErrorAsync(other, 403, 403, "https://c.example.org");
        Assert.Equal("", Header(other, "Access-Control-Allow-Origin"));
        using var read = await SendAsync(closed, HttpMethod.Get, "/topics", ("Origin", "https://c.example.org"));
        Assert.Equal((HttpStatusCode.Unauthorized, "", "Origin"), (read.StatusCode, Header(read, "Access-Control-Allow-Origin"), Header(read, "Vary")));
        using var without = await SendAsync(closed, HttpMethod.Get, "/topics");
        Assert.Equal("Origin", Header(without, "Vary"));
        await closed.DisposeAsync();
    }

    [Fact]
    public async Task Origins_WhereThereAreNone_LeavesThePreflightToOthers()
    {
        var closed = new TestService(new InMemoryBackend(TimeProvider.System), "--ManagedLog:CorsOrigins", "");
        await closed.InitializeAsync();
        using var answer = await PreflightAsync(closed, "/topics", "https://a.example.org");
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.Ordinal));
        await closed.DisposeAsync();
    }

    private static Task<HttpResponseMessage> PreflightAsync(TestService service, string path, string origin) => SendAsync(
        service, HttpMethod.Options, path, ("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type, idempotency-key"));

    private static async Task<HttpResponseMessage> SendAsync(TestService service, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await service.Client.SendAsync(request);
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";
}

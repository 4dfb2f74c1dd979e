using System.Net;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.Http;

[Collection(SharedService.Name)]
public sealed class MethodTests(TestService service)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/topics")]
    [InlineData("/topics/no-such-topic")]
    [InlineData("/health")]
    public async Task Head_IsAnsweredAsGet_WithoutTheBody(string path)
    {
        using var get = await service.SendAsync(HttpMethod.Get, path);
        using var head = await service.SendAsync(HttpMethod.Head, path);
        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Equal("", await head.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Head_LeavesTheConnectionUsable()
    {
        await using var connection = await RawConnection.OpenAsync(service.Address);
        await connection.SendAsync("HEAD /topics HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", await connection.HeadersAsync(), StringComparison.Ordinal);
        var second = await connection.HeadersAsync();
        Assert.StartsWith("HTTP/1.1 200", second, StringComparison.Ordinal);
        Assert.Equal("{}", await connection.BodyAsync(second));
    }

    [Theory]
    [InlineData("/topics", "GET, HEAD, OPTIONS")]
    [InlineData("/topics/t", "GET, HEAD, OPTIONS, POST")]
    [InlineData("/v3/clusters/c/topics/t", "DELETE, GET, HEAD, OPTIONS, PATCH")]
    [InlineData("/v3/clusters/c/topics/t/records:batch", "OPTIONS, POST")]
    public async Task Options_NamesTheMethodsOfThePath(string path, string methods)
    {
        using var answer = await service.SendAsync(HttpMethod.Options, path);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(methods, string.Join(", ", answer.Content.Headers.Allow.Order()));
    }

    [Theory]
    [InlineData("DELETE", "/topics", "GET, HEAD, OPTIONS")]
    [InlineData("PUT", "/topics/t", "GET, HEAD, OPTIONS, POST")]
    [InlineData("GET", "/v3/clusters/c/topics/t/records:batch", "OPTIONS, POST")]
    [InlineData("TRACE", "/topics", "GET, HEAD, OPTIONS")]
    public async Task Method_ThatIsNotThere_Is405_AndAllowNamesThoseThatAre(string method, string path, string methods)
    {
        using var answer = await service.SendAsync(new HttpMethod(method), path);
        await TestService.ExpectErrorAsync(answer, 405, 405, method, path);
        Assert.Equal(methods, string.Join(", ", answer.Content.Headers.Allow.Order()));
    }

    [Fact]
    public Task Options_OfAPathThatIsNotThere_Is404() => service.ExpectErrorAsync(HttpMethod.Options, "/no/such/path", "", null, 404, 404, "/no/such/path");

    [Theory]
    [InlineData("/topics/")]
    [InlineData("/brokers/")]
    [InlineData("/v3/clusters/")]
    [InlineData("/kafka/v3/clusters/")]
    [InlineData("/health/")]
    public async Task Path_WithATrailingSlash_IsThePath(string path) =>
        Assert.Equal((await service.GetAsync(path.TrimEnd('/'))).ToJsonString(), (await service.GetAsync(path)).ToJsonString());

    [Fact]
    public async Task Path_OfAnAction_WithATrailingSlash_IsThePath()
    {
        var topic = await service.CreateTopicAsync();
        using var answer = await service.SendAsync(HttpMethod.Post, service.V3($"/topics/{topic}/records:batch/"), """{"entries":[{"id":"1"}]}""");
        Assert.Equal(HttpStatusCode.MultiStatus, answer.StatusCode);
        Assert.Single(await service.ProduceAsync($"/topics/{topic}/", """{"records":[{"value":1}]}"""));
    }
}

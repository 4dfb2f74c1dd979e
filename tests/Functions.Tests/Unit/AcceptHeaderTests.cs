using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Tests.Unit;

public sealed class AcceptHeaderTests
{
    private static readonly string[] Supported = ["application/a+json", "application/b+json", "application/json"];

    [Theory]
    [InlineData("application/b+json", "application/b+json")]
    [InlineData("APPLICATION/B+JSON", "application/b+json")]
    [InlineData("application/b+json; charset=utf-8", "application/b+json")]
    [InlineData("text/html, application/json", "application/json")]
    [InlineData("application/json, application/b+json", "application/json")]
    [InlineData("application/json;q=0.5, application/b+json;q=0.9", "application/b+json")]
    [InlineData("application/json;q=0, */*;q=0.1", "application/a+json")]
    [InlineData("*/*", "application/a+json")]
    [InlineData("application/*", "application/a+json")]
    public void Choose_WhenSomethingFits_TakesWhatTheClientPrefers(string accept, string expected) =>
        Assert.Equal(expected, AcceptHeader.Choose(accept, Supported));

    [Theory]
    [InlineData("text/csv")]
    [InlineData("application/json;q=0")]
    [InlineData("application/json;q=x")]
    [InlineData("text/*")]
    public void Choose_WhenNothingFits_IsNull(string accept) => Assert.Null(AcceptHeader.Choose(accept, Supported));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Choose_WhenThereIsNoHeader_TakesTheDefault(string? accept) => Assert.Equal("application/a+json", AcceptHeader.Choose(accept, Supported));

    [Fact]
    public void Choose_WhenTheHeaderIsRepeated_ReadsAllLines() =>
        Assert.Equal("application/json", AcceptHeader.Choose(new Microsoft.Extensions.Primitives.StringValues(["text/html", "application/json"]), Supported));
}

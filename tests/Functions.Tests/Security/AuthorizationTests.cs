using ManagedLog.Functions.Security;
using Microsoft.AspNetCore.Http;

namespace ManagedLog.Functions.Tests.Security;

public sealed class AuthorizationTests
{
    [Theory]
    [InlineData("consume:topic:a", "consume", "topic:a", true)]
    [InlineData("consume:topic:a", "consume", "topic:ab", false)]
    [InlineData("consume:topic:a", "consume", "topic:A", false)]
    [InlineData("consume:topic:a", "consume", "group:a", false)]
    [InlineData("consume:topic:a", "produce", "topic:a", false)]
    [InlineData("consume:topic:a", "manage", "topic:a", false)]
    [InlineData("consume:topic:a", "describe", "topic:a", true)]
    [InlineData("consume:topic:a", "describe", "topic:b", false)]
    [InlineData("manage:topic:a*", "manage", "topic:a", true)]
    [InlineData("manage:topic:a*", "manage", "topic:abc", true)]
    [InlineData("manage:topic:a*", "manage", "topic:b", false)]
    [InlineData("manage:topic:a*", "consume", "topic:abc", false)]
    [InlineData("manage:topic:*", "manage", "cluster", false)]
    [InlineData("consume:group:g*", "consume", "group:g1", true)]
    [InlineData("consume:group:g*", "describe", "group:g1", true)]
    [InlineData("consume:group:g*", "manage", "group:g1", false)]
    [InlineData("manage:cluster", "manage", "cluster", true)]
    [InlineData("manage:cluster", "manage", "topic:a", false)]
    [InlineData("manage:cluster", "describe", "topic:a", false)]
    [InlineData("manage:cluster", "consume", "topic:__audit", true)]
    [InlineData("consume:topic:*", "consume", "topic:__audit", false)]
    [InlineData("consume:topic:__audit", "describe", "topic:__audit", false)]
    public void Scope_AllowsWhatItSaysAndNothingElse(string scope, string permission, string resource, bool isAllowed)
    {
        Assert.True(Scope.TryParse(scope, out var parsed));
        Assert.Equal(scope, parsed.ToString());
        var (kind, name) = resource.Split(':') is [var one, var two] ? (one, two) : (resource, "");
        var wanted = kind switch { "topic" => Resource.Topic(name), "group" => Resource.Group(name), _ => Resource.Cluster };
        Assert.Equal(isAllowed, Authorization.Allows([parsed], Enum.Parse<Permission>(permission, ignoreCase: true), wanted));
    }

    [Fact]
    public void NoScopes_AllowNothing()
    {
        foreach (var permission in Enum.GetValues<Permission>())
        {
            Assert.False(Authorization.Allows([], permission, Resource.Topic("a")));
            Assert.False(Authorization.Allows([], permission, Resource.Group("a")));
            Assert.False(Authorization.Allows([], permission, Resource.Cluster));
            Assert.False(Caller.Nobody.May(permission, Resource.Topic("a")));
        }
    }

    [Theory]
    [InlineData("consume:group:billing", true)]
    [InlineData("consume:group:bill*", true)]
    [InlineData("consume:group:billing2", false)]
    [InlineData("consume:topic:*", false)]
    [InlineData("manage:group:*", false)]
    public void GroupInThePath_IsAskedFor(string scope, bool isGiven)
    {
        Assert.True(Scope.TryParse(scope, out var parsed));
        var context = new DefaultHttpContext();
        context.Request.RouteValues["group"] = "billing";
        var access = Access.Group(Permission.Consume);
        Assert.Equal(isGiven, access.IsGivenTo(new Caller("key:a", [parsed]), context));
        Assert.Equal("the scope consume for group:billing", access.Describe(context));
    }

    [Theory]
    [InlineData("")]
    [InlineData("consume")]
    [InlineData("consume:topic")]
    [InlineData("consume:topic:")]
    [InlineData("consume:cluster")]
    [InlineData("describe:topic:a")]
    [InlineData("Consume:topic:a")]
    [InlineData("consume:Topic:a")]
    [InlineData("manage:cluster:a")]
    [InlineData("manage:cluster ")]
    [InlineData("consume:topic:a\nmanage:cluster")]
    public void Text_ThatIsNoScope_IsNone(string text) => Assert.False(Scope.TryParse(text, out _));
}

using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Limits;

namespace ManagedLog.Functions.Security;

/// <summary>Who sent a request, and what they may do.</summary>
/// <param name="Id">Tells callers apart, for ever: <c>key:</c> and a prefix, <c>entra:</c> and an object id, <c>admin</c>, <c>anonymous</c>. No secret.</param>
/// <param name="ExpiresAt">From then on the credentials are not good any more.</param>
internal sealed record Caller(string Id, IReadOnlyList<Scope> Scopes, DateTimeOffset? ExpiresAt = null)
{
    private const string AnonymousId = "anonymous";

    public static Caller Anonymous { get; } = new(AnonymousId, Scope.Everything);

    public static Caller Admin { get; } = new("admin", Scope.Everything);

    /// <summary>May nothing. What a request has that nobody has looked at.</summary>
    public static Caller Nobody { get; } = new("nobody", []);

    /// <summary>Set where the caller came with an API key.</summary>
    public ApiKey? Key { get; init; }

    /// <summary>As whom limits count the caller; null where callers cannot be told apart by who they are.</summary>
    public LimitedCaller? Limited { get; init; } = Id == AnonymousId ? null : new LimitedCaller(Id, null);

    /// <summary>By which an Idempotency-Key is kept apart from those of others; empty where callers cannot be told apart.</summary>
    public string IdempotencyId => ReferenceEquals(this, Anonymous) ? "" : Id;

    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? Nobody;

    public bool May(Permission permission, Resource resource) => Authorization.Allows(Scopes, permission, resource);

    public bool MaySee(string topic) => May(Permission.Describe, Resource.Topic(topic));
}

using ManagedLog.Functions.Api.Errors;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Functions.Security;

/// <summary>What callers are told. None of it repeats what they sent as credentials, and none tells whether something exists that they may not see.</summary>
internal static class SecurityErrors
{
    public static ApiError NoCredentials { get; } = new(
        401, 40101, "Credentials are required: send Authorization: Bearer with an API key or a token, or Basic with an API key as the password.");

    /// <summary>Where callers of this machine need no credentials.</summary>
    public static ApiError NotFromHere { get; } = new(
        401, 40101, "Without credentials only programs on this machine are served: not other machines, not through a proxy, not under another host name, and no pages of other sites. "
        + "Send Authorization: Bearer with an API key.");

    public static ApiError NotStarted { get; } = new(503, 50003, "Storage cannot be used yet, so the API key cannot be looked for; try again.") { RetryAfterSeconds = 1 };

    public static ApiError BadHeader { get; } = new(
        401, 40101, "The Authorization header is not understood: send Bearer with an API key or a token, or Basic with an API key as the password, once.");

    public static ApiError BadKey { get; } = new(401, 40101, "The API key is not known, was revoked, or is not written as it was given.");

    public static ApiError ExpiredKey { get; } = new(401, 40101, "The API key has expired.");

    public static ApiError NoTokens { get; } = new(401, 40101, "Tokens are not taken here: ManagedLog:Security:EntraAuthority is not set. Send an API key.");

    public static ApiError BadTokenForm { get; } = BadToken("it is no signed token of at most 16 KiB (RS256 or ES256, with the id of its key), or names something twice.");

    public static ApiError NoSigningKeys { get; } = new(503, 50003, "The authority's keys cannot be fetched, so no token can be checked; try again.") { RetryAfterSeconds = 10 };

    public static ApiError NoRoles { get; } = new(403, 40301, "The token has none of the roles ManagedLog.Produce, ManagedLog.Consume and ManagedLog.Manage.");

    public static ApiError ExpiredToken { get; } = BadToken("it has expired.");

    public static ApiError Undeclared { get; } = new(403, 40301, "This endpoint does not say who may use it, so nobody may.");

    public static ApiError Denied(string needed) => new(403, 40301, $"The caller may not do this: it needs {needed}.");

    public static ApiError Denied(Permission permission, Resource resource) => Denied(Access.Describe(permission, resource));

    public static ApiError BadToken(string why) => new(401, 40101, $"The token is not accepted: {why}");

    /// <summary>Where an API key could not be looked up.</summary>
    public static ApiError From(Engine.Refusal refusal) => refusal.Code == ErrorCode.SaslAuthenticationFailed ? BadKey : ErrorMapping.From(refusal);
}

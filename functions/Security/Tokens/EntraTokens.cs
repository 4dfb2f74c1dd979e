using System.Diagnostics.CodeAnalysis;
using ManagedLog.Functions.Api.Errors;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedLog.Functions.Security.Tokens;

/// <summary>
/// Access tokens of one tenant of Microsoft Entra ID: who sent one, and what the app roles in it allow. The library checks signature, issuer, audience and times; what it is
/// lenient with is refused before (<see cref="TokenForm"/>).
/// </summary>
internal sealed class EntraTokens
{
    /// <summary>Of their clocks and ours.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = TokenForm.MaxLength, MapInboundClaims = false };
    private readonly SigningKeys _keys;
    private readonly SecurityOptions _options;
    private readonly TimeProvider _time;

    public EntraTokens(SigningKeys keys, SecurityOptions options, TimeProvider time)
    {
        _keys = keys;
        _options = options;
        _time = time;
    }

    /// <summary>The caller, or why the token is not taken.</summary>
    public async ValueTask<Identification> IdentifyAsync(string token, CancellationToken cancellationToken)
    {
        if (TokenForm.ReadKid(token) is not { } kid)
            return new Identification(SecurityErrors.BadTokenForm);
        if (await _keys.GetAsync(kid, cancellationToken) is not { } set)
            return new Identification(SecurityErrors.NoSigningKeys);
        if (!set.Keys.TryGetValue(kid, out var key))
            return new Identification(SecurityErrors.BadToken("it is signed with no key of the authority."));
        try
        {
            var result = await _handler.ValidateTokenAsync(token, Parameters(set, key));
            return result.IsValid ? CallerOf((JsonWebToken)result.SecurityToken) : new Identification(SecurityErrors.BadToken(WhyNot(result.Exception)));
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, written as an escape: JSON, but no text.
            return new Identification(SecurityErrors.BadTokenForm);
        }
    }

    private TokenValidationParameters Parameters(SigningKeySet set, SecurityKey key) => new()
    {
        ValidAlgorithms = TokenForm.Algorithms,
        ValidTypes = TokenForm.Types,
        IssuerSigningKey = key,
        TryAllIssuerSigningKeys = false,
        ValidateIssuerSigningKey = true,
        ValidIssuer = _options.EntraIssuer.Length > 0 ? _options.EntraIssuer : set.Issuer,
        ValidAudiences = _options.ReadAudiences(),
        LifetimeValidator = (notBefore, expires, _, _) => IsNow(notBefore, expires),
    };

    private bool IsNow(DateTime? notBefore, DateTime? expires)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        if (expires is not { } end)
            throw new SecurityTokenNoExpirationException();
        if (end <= now - Skew)
            throw new SecurityTokenExpiredException();
        return notBefore is not { } begin || begin <= now + Skew ? true : throw new SecurityTokenNotYetValidException();
    }

    /// <summary>Without a role of ours it is somebody of the tenant whom nobody gave anything.</summary>
    private static Identification CallerOf(JsonWebToken token)
    {
        // An ID token has the same signature, issuer and, where clients share the registration, audience. It says who signed in to a client, and not that the client may act.
        if (!Has(token, "azp", out _) && !Has(token, "appid", out _))
            return new Identification(SecurityErrors.BadToken("it is no access token."));
        if (!Has(token, "oid", out var id) && !Has(token, "sub", out id))
            return new Identification(SecurityErrors.BadToken("it does not say whose it is."));
        IReadOnlyList<Scope> scopes = [.. token.Claims.Where(static claim => claim.Type == "roles").Select(static claim => claim.Value).Distinct(StringComparer.Ordinal).SelectMany(ScopesOf)];
        if (scopes.Count == 0)
            return new Identification(SecurityErrors.NoRoles);
        return new Identification(new Caller("entra:" + id, scopes, new DateTimeOffset(token.ValidTo, TimeSpan.Zero) + Skew));
    }

    private static IReadOnlyList<Scope> ScopesOf(string role) => role switch
    {
        "ManagedLog.Produce" => Scope.WholeCluster(Permission.Produce),
        "ManagedLog.Consume" => Scope.WholeCluster(Permission.Consume),
        "ManagedLog.Manage" => Scope.WholeCluster(Permission.Manage),
        _ => [],
    };

    private static bool Has(JsonWebToken token, string name, [NotNullWhen(true)] out string? value) => token.TryGetPayloadValue(name, out value) && !string.IsNullOrEmpty(value);

    /// <summary>In words of ours: those of the library may repeat what is in the token.</summary>
    private static string WhyNot(Exception exception) => exception switch
    {
        SecurityTokenExpiredException => "it has expired.",
        SecurityTokenNoExpirationException => "it does not say when it expires.",
        SecurityTokenNotYetValidException => "it is not valid yet.",
        SecurityTokenInvalidAudienceException => "it was issued for another audience.",
        SecurityTokenInvalidIssuerException => "it was issued by somebody else.",
        SecurityTokenInvalidTypeException => "it is of another type.",
        _ => "its signature cannot be confirmed.",
    };
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Limits;
using ManagedLog.Functions.Security.Tokens;
using Microsoft.Extensions.Primitives;

namespace ManagedLog.Functions.Security;

/// <summary>Finds out who sends a request. A key that was read within the last seconds costs a hash, and no wait and no memory.</summary>
internal sealed class Authentication(LogEngine engine, EngineStart start, ServiceOptions options, TimeProvider time, EntraTokens? tokens = null)
{
    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    private readonly IReadOnlyList<byte[]> _adminKeys = options.Security.ReadAdminKeyHashes();
    private readonly ConcurrentDictionary<string, Caller> _callers = new(StringComparer.Ordinal);

    /// <summary>Set once, before the first request; see <see cref="AnonymousAccess"/>.</summary>
    public bool AllowsAnonymous { get; set; }

    /// <summary>The caller, or why the credentials are not taken.</summary>
    public ValueTask<Identification> IdentifyAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization;
        if (StringValues.IsNullOrEmpty(header))
            return new(IdentifyNobody(context));
        if (header.Count != 1)
            return new(new Identification(SecurityErrors.BadHeader));
        var text = header[0]!;
        if (text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            var credential = text.AsSpan(Bearer.Length).Trim();
            if (credential.StartsWith(KeySecret.Begin, StringComparison.Ordinal))
                return IdentifyKeyAsync(credential, context.RequestAborted);
            return tokens is null ? new(new Identification(SecurityErrors.NoTokens)) : tokens.IdentifyAsync(credential.ToString(), context.RequestAborted);
        }

        return text.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)
            ? IdentifyBasicAsync(text.AsSpan(Basic.Length).Trim(), context.RequestAborted)
            : new(new Identification(SecurityErrors.BadHeader));
    }

    /// <summary>Null while the caller of a request that goes on for long is still good; otherwise why not. What cannot be found out is not good.</summary>
    public async ValueTask<ApiError?> CheckAgainAsync(Caller caller, CancellationToken cancellationToken)
    {
        if (caller.ExpiresAt <= time.GetUtcNow())
            return caller.Key is null ? SecurityErrors.ExpiredToken : SecurityErrors.ExpiredKey;
        if (caller.Key is not { } key)
            return null;
        var found = await engine.FindApiKeyAsync(key.Prefix, cancellationToken);
        return found.IsRefused ? SecurityErrors.From(found.Refusal) : found.Value.Hash.Span.SequenceEqual(key.Hash.Span) ? null : SecurityErrors.BadKey;
    }

    private Identification IdentifyNobody(HttpContext context)
    {
        if (!AllowsAnonymous)
            return new Identification(SecurityErrors.NoCredentials);
        return AnonymousAccess.IsFromHere(context) ? new Identification(Caller.Anonymous) : new Identification(SecurityErrors.NotFromHere);
    }

    /// <summary>The user name says nothing; the password is the key.</summary>
    private ValueTask<Identification> IdentifyBasicAsync(ReadOnlySpan<char> credential, CancellationToken cancellationToken)
    {
        Span<byte> bytes = stackalloc byte[2 * KeySecret.MaxLength];
        if (credential.Length > bytes.Length || !Convert.TryFromBase64Chars(credential, bytes, out var length))
            return new(new Identification(SecurityErrors.BadHeader));
        var colon = bytes[..length].IndexOf((byte)':');
        if (colon < 0)
            return new(new Identification(SecurityErrors.BadHeader));
        Span<char> key = stackalloc char[2 * KeySecret.MaxLength];
        var characters = Encoding.Latin1.GetChars(bytes[(colon + 1)..length], key);
        return IdentifyKeyAsync(key[..characters], cancellationToken);
    }

    private ValueTask<Identification> IdentifyKeyAsync(ReadOnlySpan<char> text, CancellationToken cancellationToken)
    {
        if (!KeySecret.TryReadPrefix(text, out var prefix))
            return new(new Identification(SecurityErrors.BadKey));
        Span<byte> hash = stackalloc byte[KeySecret.HashBytes];
        KeySecret.Hash(text, hash);
        if (prefix.SequenceEqual(KeySecret.AdminPrefix))
            return new(IsAdminKey(hash) ? new Identification(Caller.Admin) : new Identification(SecurityErrors.BadKey));
        return engine.TryRecallApiKey(prefix, out var key) ? new(Judge(key, hash)) : FindAsync(prefix.ToString(), hash.ToArray(), cancellationToken);
    }

    private bool IsAdminKey(ReadOnlySpan<byte> hash)
    {
        var isOne = false;
        foreach (var key in _adminKeys)
            isOne |= CryptographicOperations.FixedTimeEquals(key, hash);
        return isOne;
    }

    private async ValueTask<Identification> FindAsync(string prefix, byte[] hash, CancellationToken cancellationToken)
    {
        // Before that it could be looked for in a table that is not there yet, and be taken for revoked.
        if (!await start.WaitAsync(RequestGate.Patience, cancellationToken))
            return new Identification(SecurityErrors.NotStarted);
        var found = await engine.FindApiKeyAsync(prefix, cancellationToken);
        if (!found.IsRefused)
            return Judge(found.Value, hash);
        _callers.TryRemove(prefix, out _);
        return new Identification(SecurityErrors.From(found.Refusal));
    }

    private Identification Judge(ApiKey key, ReadOnlySpan<byte> hash)
    {
        if (!CryptographicOperations.FixedTimeEquals(key.Hash.Span, hash))
            return new Identification(SecurityErrors.BadKey);
        return key.ExpiresAt <= time.GetUtcNow() ? new Identification(SecurityErrors.ExpiredKey) : new Identification(CallerOf(key));
    }

    /// <summary>Made once for each reading of the key. A scope that this version does not know allows nothing.</summary>
    private Caller CallerOf(ApiKey key)
    {
        if (_callers.TryGetValue(key.Prefix, out var caller) && ReferenceEquals(caller.Key, key))
            return caller;
        IReadOnlyList<Scope> scopes = [.. key.Scopes.Select(text => Scope.TryParse(text, out var scope) ? scope : null).OfType<Scope>()];
        var id = "key:" + key.Prefix;
        CallerQuota? quota = key.Quota is { } own ? options.Limits.DefaultQuota.With(own) : null;
        return _callers[key.Prefix] = new Caller(id, scopes, key.ExpiresAt) { Key = key, Limited = new LimitedCaller(id, quota) };
    }
}

/// <summary>Either a caller or an error.</summary>
internal readonly struct Identification
{
    public Identification(Caller caller) => Caller = caller;

    public Identification(ApiError error) => Error = error;

    public Caller? Caller { get; }

    public ApiError? Error { get; }
}

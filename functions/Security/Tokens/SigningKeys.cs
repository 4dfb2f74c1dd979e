using System.Text.Json;

namespace ManagedLog.Functions.Security.Tokens;

/// <summary>
/// The keys of the authority whose tokens are taken, from its metadata document. They are kept, and fetched again every <see cref="RefreshAfter"/> beside the requests that use
/// them; a token that names an unknown key is reason to look at once, but not within <see cref="LeastPause"/> of the last time, so that nobody makes the service fetch by sending
/// forged tokens. What cannot be fetched again is used until it is <see cref="MaxAge"/> old.
/// </summary>
internal sealed class SigningKeys : IDisposable
{
    public static readonly TimeSpan RefreshAfter = TimeSpan.FromHours(1);
    public static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);

    /// <summary>For each of the two documents.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    /// <summary>Of each of the two documents, in bytes; those of Entra ID have about 2 and 20 KiB.</summary>
    private const int MaxDocument = 1024 * 1024;

    private readonly Uri _metadata;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpClient _http;
    private readonly Lock _lock = new();
    private Kept? _kept;
    private Task _fetching = Task.CompletedTask;
    private long? _lastTry;

    public SigningKeys(Uri authority, TimeProvider time, ILogger<SigningKeys> logger)
    {
        _metadata = new Uri(authority.AbsoluteUri.TrimEnd('/') + "/.well-known/openid-configuration");
        _time = time;
        _logger = logger;

        // Whoever could send us elsewhere could give us keys of their own.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = s_timeout, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        _http = new HttpClient(handler) { Timeout = s_timeout, MaxResponseContentBufferSize = MaxDocument };
    }

    /// <summary>The keys, fetched if there are none yet or this one is not among them and it is time to look. Null: there are none that may be used.</summary>
    public ValueTask<SigningKeySet?> GetAsync(string kid, CancellationToken cancellationToken)
    {
        var kept = Volatile.Read(ref _kept);
        if (kept is not null && kept.Set.Keys.ContainsKey(kid))
        {
            var age = _time.GetElapsedTime(kept.FetchedAt);
            if (age >= RefreshAfter)
                TryBegin();
            if (age < MaxAge)
                return new(kept.Set);
        }

        return FetchAsync(cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<SigningKeySet?> FetchAsync(CancellationToken cancellationToken)
    {
        await TryBegin().WaitAsync(cancellationToken);
        return Volatile.Read(ref _kept) is { } kept && _time.GetElapsedTime(kept.FetchedAt) < MaxAge ? kept.Set : null;
    }

    /// <summary>The fetch that is under way, or a new one, or, where the last was begun a moment ago, none.</summary>
    private Task TryBegin()
    {
        lock (_lock)
        {
            if (!_fetching.IsCompleted || (_lastTry is { } last && _time.GetElapsedTime(last) < LeastPause))
                return _fetching;
            _lastTry = _time.GetTimestamp();
            return _fetching = RunAsync();
        }
    }

    /// <summary>Never fails; what went wrong is logged.</summary>
    private async Task RunAsync()
    {
        await Task.Yield();
        var began = _time.GetTimestamp();
        try
        {
            if (await ReadAsync() is var (set, defect) && set is not null)
                Volatile.Write(ref _kept, new Kept(set, began));
            else
                _logger.LogError("The keys of {Authority} cannot be used: {Reason}", _metadata, defect);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or JsonException or IOException or InvalidOperationException)
        {
            _logger.LogError("The keys of {Authority} could not be fetched: {Reason}", _metadata, exception.Message);
        }
    }

    private async Task<(SigningKeySet? Set, string Defect)> ReadAsync()
    {
        string? issuer;
        Uri? address;
        using (var metadata = JsonDocument.Parse(await _http.GetByteArrayAsync(_metadata)))
        {
            issuer = Text(metadata.RootElement, "issuer");
            address = Uri.TryCreate(Text(metadata.RootElement, "jwks_uri"), UriKind.Absolute, out var given) ? given : null;
        }

        // "{tenantid}" stands for whichever directory: of an authority that is of none in particular.
        if (string.IsNullOrEmpty(issuer) || issuer.Contains('{', StringComparison.Ordinal))
            return (null, "its metadata name no issuer; the authority must be of one tenant.");
        if (address is null || !SecurityOptions.IsSafe(address))
            return (null, "its metadata name no https address of keys.");
        return SigningKeySet.Read(issuer, await _http.GetStringAsync(address)) is { } set ? (set, "") : (null, "there are none that signatures of RS256 or ES256 can be checked with.");
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private sealed record Kept(SigningKeySet Set, long FetchedAt);
}

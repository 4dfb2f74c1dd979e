using ManagedLog.Functions.Security;
using ManagedLog.Functions.Security.Tokens;
using ManagedLog.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Functions.Tests.Security;

public sealed class SigningKeysTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan s_pause = SigningKeys.LeastPause + TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();
    private LocalIssuer _issuer = null!;
    private SigningKeys _keys = null!;

    public async Task InitializeAsync()
    {
        _issuer = await LocalIssuer.StartAsync();
        _keys = new SigningKeys(_issuer.Authority, _time, NullLogger<SigningKeys>.Instance);
    }

    public async Task DisposeAsync() => await _issuer.DisposeAsync();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Keys_AreFetchedOnce_HoweverManyAskAtOnce()
    {
        var sets = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _keys.GetAsync("rsa-1", default).AsTask()));
        Assert.All(sets, set => Assert.Equal((_issuer.Issuer, true), (set!.Issuer, set.Keys.ContainsKey("rsa-1"))));
        Assert.Equal(["ec-1", "rsa-1"], sets[0]!.Keys.Keys.Order());
        Assert.Equal(2, _issuer.Requests);
    }

    [Fact]
    public async Task UnknownKeys_AreLookedForAtABoundedRate_HoweverManyForgeriesCome()
    {
        await _keys.GetAsync("rsa-1", default);
        for (var i = 0; i < 100; i++)
            Assert.False((await _keys.GetAsync($"forged-{i}", default))!.Keys.ContainsKey($"forged-{i}"));
        Assert.Equal(2, _issuer.Requests);
        _time.Advance(s_pause);
        for (var i = 0; i < 100; i++)
            await _keys.GetAsync($"forged-{i}", default);
        Assert.Equal(4, _issuer.Requests);
    }

    [Fact]
    public async Task NewKey_IsFoundWhenItIsFirstUsed_AndTheOldOneIsGone()
    {
        await _keys.GetAsync("rsa-1", default);
        _issuer.Rotate();
        _time.Advance(s_pause);
        var set = await _keys.GetAsync(_issuer.RsaKid, default);
        Assert.True(set!.Keys.ContainsKey(_issuer.RsaKid));
        Assert.False(set.Keys.ContainsKey("rsa-1"));
    }

    [Fact]
    public async Task Keys_AreFetchedAgainAfterAnHour_WithoutHoldingUpAnybody_AndUsedForADayIfThatFails()
    {
        await _keys.GetAsync("rsa-1", default);
        _issuer.Status = 503;
        _time.Advance(SigningKeys.RefreshAfter);
        var held = _keys.GetAsync("rsa-1", default);
        Assert.True(held.IsCompletedSuccessfully);
        Assert.NotNull(await held);
        // Waits for what was begun beside it.
        await _keys.GetAsync("unknown", default);
        Assert.Equal(3, _issuer.Requests);

        _time.Advance(SigningKeys.MaxAge);
        Assert.Null(await _keys.GetAsync("rsa-1", default));
        _issuer.Status = 200;
        _time.Advance(s_pause);
        Assert.NotNull(await _keys.GetAsync("rsa-1", default));
    }

    [Fact]
    public async Task KeyThatTheAuthorityTookBack_IsGoneAfterTheNextFetch()
    {
        await _keys.GetAsync("rsa-1", default);
        _issuer.Rotate();
        _time.Advance(SigningKeys.RefreshAfter);
        await _keys.GetAsync("rsa-1", default);
        await _keys.GetAsync("unknown", default);
        Assert.False((await _keys.GetAsync("rsa-1", default))!.Keys.ContainsKey("rsa-1"));
    }

    [Theory]
    [InlineData("404", null, null)]
    [InlineData("302", null, null)]
    [InlineData("500", null, null)]
    [InlineData("200", "no JSON", null)]
    [InlineData("200", "[]", null)]
    [InlineData("200", "{}", null)]
    [InlineData("200", """{"issuer":1,"jwks_uri":"http://127.0.0.1/"}""", null)]
    [InlineData("200", """{"issuer":"https://login/{tenantid}/v2.0","jwks_uri":"https://127.0.0.1:1/keys"}""", null)]
    [InlineData("200", """{"issuer":"i","jwks_uri":"http://keys.example/keys"}""", null)]
    [InlineData("200", """{"issuer":"i","jwks_uri":"file:///etc/passwd"}""", null)]
    [InlineData("200", """{"issuer":"\ud800","jwks_uri":"https://127.0.0.1:1/keys"}""", null)]
    [InlineData("200", null, "no JSON")]
    [InlineData("200", null, """{"keys":[{"kty":"RSA","kid":"\ud800","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("200", null, "{}")]
    [InlineData("200", null, """{"keys":[]}""")]
    [InlineData("200", null, """{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}""")]
    [InlineData("200", null, """{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("200", null, "huge")]
    public async Task Documents_ThatAreNoneOrTooMuch_GiveNoKeys(string status, string? metadata, string? keys)
    {
        _issuer.Status = int.Parse(status, System.Globalization.CultureInfo.InvariantCulture);
        _issuer.Metadata = metadata;
        _issuer.Keys = keys == "huge" ? _issuer.KeysText() + new string(' ', 2 * 1024 * 1024) : keys;
        Assert.Null(await _keys.GetAsync("rsa-1", default));
        var requests = _issuer.Requests;
        Assert.Null(await _keys.GetAsync("rsa-1", default));
        Assert.Equal(requests, _issuer.Requests);

        (_issuer.Status, _issuer.Metadata, _issuer.Keys) = (200, null, null);
        _time.Advance(s_pause);
        Assert.NotNull(await _keys.GetAsync("rsa-1", default));
    }

    [Theory]
    [InlineData("https://login.microsoftonline.com/tenant/v2.0", "a", null)]
    [InlineData("http://127.0.0.1:5000/tenant", "a", null)]
    [InlineData("http://login.example/tenant", "a", "https")]
    [InlineData("https://login.microsoftonline.com/common/v2.0", "a", "one tenant")]
    [InlineData("https://login.microsoftonline.com/Organizations", "a", "one tenant")]
    [InlineData("https://login.microsoftonline.com/tenant/v2.0", "", "EntraAudience")]
    [InlineData("https://login.microsoftonline.com/tenant/v2.0", " , ", "EntraAudience")]
    [InlineData(null, "a", "EntraAuthority")]
    public void Settings_ThatWouldTakeAnybodysTokens_AreRefused(string? authority, string audience, string? defect)
    {
        var found = new SecurityOptions { EntraAuthority = authority is null ? null : new Uri(authority), EntraAudience = audience }.FindDefect();
        Assert.Equal(defect is null, found is null);
        Assert.Contains(defect ?? "", found ?? "", StringComparison.Ordinal);
    }
}

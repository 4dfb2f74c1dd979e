using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Security.Tokens;
using ManagedLog.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Functions.Tests.Security;

/// <summary>Tokens that an authority on this machine really signed, and those that somebody else would like to have signed.</summary>
public sealed class EntraTokenTests : IAsyncLifetime, IDisposable
{
    private static readonly RSA s_other = RSA.Create(2048);

    private readonly ManualTimeProvider _time = new();
    private LocalIssuer _issuer = null!;
    private SigningKeys _keys = null!;
    private EntraTokens _tokens = null!;

    private DateTimeOffset Now => _time.GetUtcNow();

    public async Task InitializeAsync()
    {
        _issuer = await LocalIssuer.StartAsync();
        _keys = new SigningKeys(_issuer.Authority, _time, NullLogger<SigningKeys>.Instance);
        _tokens = new EntraTokens(_keys, new SecurityOptions { EntraAudience = "other, " + LocalIssuer.Audience }, _time);
    }

    public async Task DisposeAsync() => await _issuer.DisposeAsync();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Token_IsItsOwner_WithWhatItsRolesSay_UntilItExpires()
    {
        var claims = _issuer.Claims(Now, "ManagedLog.Consume", "Something.Else");
        var caller = (await _tokens.IdentifyAsync(_issuer.Sign(claims), default)).Caller!;
        Assert.Equal("entra:11111111-2222-3333-4444-555555555555", caller.Id);
        Assert.Equal(Scope.WholeCluster(Permission.Consume), caller.Scopes);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds((long)claims["exp"]!) + EntraTokens.Skew, caller.ExpiresAt);
    }

    [Theory]
    [InlineData("RS256", "JWT")]
    [InlineData("ES256", "JWT")]
    [InlineData("RS256", "at+jwt")]
    public async Task Token_OfEachKindThatIsTaken_IsTaken(string algorithm, string type)
    {
        var header = _issuer.Header(algorithm);
        header["typ"] = type;
        var token = LocalIssuer.Sign(header.ToJsonString(), Good(), algorithm == "ES256" ? _issuer.EcSignature : _issuer.RsaSignature);
        Assert.NotNull((await _tokens.IdentifyAsync(token, default)).Caller);
    }

    [Fact]
    public async Task Token_WithoutARoleOfOurs_Is403()
    {
        foreach (var roles in new[] { Array.Empty<string>(), ["ManagedLog.Nothing"], ["managedlog.manage"], ["ManagedLog.Manage "] })
            Assert.Equal((403, 40301), await RefusedAsync(_issuer.Sign(_issuer.Claims(Now, roles))));
        var claims = _issuer.Claims(Now);
        claims.Remove("roles");
        claims["scp"] = "ManagedLog.Manage";
        Assert.Equal((403, 40301), await RefusedAsync(_issuer.Sign(claims)));
    }

    /// <summary>Each is the good one with one thing wrong.</summary>
    public static TheoryData<string> Forgeries => [.. s_forgeries.Keys];

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task Token_ThatIsForged_IsRefused(string forgery)
    {
        // The keys are there, so that it is refused for what it is.
        Assert.NotNull((await _tokens.IdentifyAsync(_issuer.Sign(_issuer.Claims(Now, "ManagedLog.Manage")), default)).Caller);
        Assert.Equal((401, 40101), await RefusedAsync(s_forgeries[forgery](this)));
    }

    [Fact]
    public async Task Token_IsValidWithinTheSkew_AndNotBeyond()
    {
        async Task<int> StatusAsync(string name, TimeSpan from)
        {
            var claims = _issuer.Claims(Now, "ManagedLog.Consume");
            claims[name] = (Now + from).ToUnixTimeSeconds();
            return (await _tokens.IdentifyAsync(_issuer.Sign(claims), default)).Error?.Status ?? 200;
        }

        var second = TimeSpan.FromSeconds(1);
        Assert.Equal(200, await StatusAsync("exp", second - EntraTokens.Skew));
        Assert.Equal(401, await StatusAsync("exp", -EntraTokens.Skew - second));
        Assert.Equal(200, await StatusAsync("nbf", EntraTokens.Skew - second));
        Assert.Equal(401, await StatusAsync("nbf", EntraTokens.Skew + second + second));
    }

    [Fact]
    public async Task Issuer_ThatIsConfigured_CountsInsteadOfTheMetadatas()
    {
        var tokens = new EntraTokens(_keys, new SecurityOptions { EntraAudience = LocalIssuer.Audience, EntraIssuer = "https://sts.example/tenant/" }, _time);
        var claims = _issuer.Claims(Now, "ManagedLog.Consume");
        Assert.NotNull((await tokens.IdentifyAsync(_issuer.Sign(claims), default)).Error);
        claims["iss"] = "https://sts.example/tenant/";
        Assert.NotNull((await tokens.IdentifyAsync(_issuer.Sign(claims), default)).Caller);
    }

    [Fact]
    public async Task Service_TakesTokens_AndKeepsThemToTheirRoles()
    {
        await using var secure = await SecureService.StartAsync(settings: _issuer.Settings);
        var topic = await secure.Service.CreateTopicAsync();
        var (now, body) = (DateTimeOffset.UtcNow, """{"records":[{"value":1}]}""");
        foreach (var (roles, produce, consume, manage) in new[]
        {
            ("ManagedLog.Produce", 200, 403, 403), ("ManagedLog.Consume", 403, 200, 403), ("ManagedLog.Manage", 403, 403, 200), ("ManagedLog.Produce,ManagedLog.Consume", 200, 200, 403),
        })
        {
            var token = "Bearer " + _issuer.Sign(_issuer.Claims(now, roles.Split(',')));
            Assert.Equal(produce, await StatusAsync("POST", $"/topics/{topic}", body, Support.TestService.Json));
            Assert.Equal(consume, await StatusAsync("GET", $"/topics/{topic}/partitions/0/records?offset=0", null, "application/json"));
            Assert.Equal(manage, await StatusAsync("GET", secure.Service.V3("/api-keys"), null, "application/json"));
            Assert.Equal(manage, await StatusAsync("PUT", secure.Service.V3($"/topics/{topic}/configs/linger.ms"), """{"value":"1"}""", "application/json") is 204 ? 200 : 403);

            async Task<int> StatusAsync(string method, string path, string? content, string type)
            {
                using var answer = await secure.SendAsync(token, method, path, content, type);
                return (int)answer.StatusCode;
            }
        }

        using var forged = await secure.SendAsync("Bearer " + s_forgeries["alg none"](this), "GET", "/topics");
        Assert.Equal((401, true), ((int)forged.StatusCode, forged.Headers.WwwAuthenticate.Count > 0));
        using var basic = await secure.SendAsync("Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes(":" + _issuer.Sign(_issuer.Claims(now, "ManagedLog.Manage")))), "GET", "/topics");
        Assert.Equal(401, (int)basic.StatusCode);
    }

    [Fact]
    public async Task Stream_WhenTheTokenExpires_Ends()
    {
        var storage = new InMemoryBackend(_time);
        await using var secure = await SecureService.StartAsync(storage, _time, _issuer.Settings);
        var topic = await secure.Service.CreateTopicAsync();
        var claims = _issuer.Claims(Now, "ManagedLog.Consume");
        claims["exp"] = Now.AddSeconds(5).ToUnixTimeSeconds();
        using var stream = await secure.SendAsync("Bearer " + _issuer.Sign(claims), "GET", $"/topics/{topic}/records?offset=earliest&timeout=600000", accept: "text/event-stream");
        Assert.Equal(200, (int)stream.StatusCode);
        var end = stream.Content.ReadAsStringAsync();
        for (var i = 0; i < 80 && !end.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            using var _ = await secure.SendAsync(null, "GET", "/");
        }

        await end.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private string Good() => _issuer.Claims(Now, "ManagedLog.Manage").ToJsonString();

    private async Task<(int Status, int Code)> RefusedAsync(string token)
    {
        var found = await _tokens.IdentifyAsync(token, default);
        Assert.Null(found.Caller);
        foreach (var part in token.Split('.').Where(part => part.Length > 12))
            Assert.DoesNotContain(part, found.Error!.Message, StringComparison.Ordinal);
        return (found.Error!.Status, found.Error.Code);
    }

    private string Changed(Action<JsonObject> change)
    {
        var claims = _issuer.Claims(Now, "ManagedLog.Manage");
        change(claims);
        return _issuer.Sign(claims);
    }

    private string WithHeader(Action<JsonObject> change, Func<byte[], byte[]>? sign = null)
    {
        var header = _issuer.Header();
        change(header);
        return LocalIssuer.Sign(header.ToJsonString(), Good(), sign ?? _issuer.RsaSignature);
    }

    private static readonly Dictionary<string, Func<EntraTokenTests, string>> s_forgeries = new()
    {
        ["nothing"] = _ => "",
        ["no token"] = _ => "a.b.c",
        ["dots"] = _ => "..",
        ["alg none"] = test => test.WithHeader(header => header["alg"] = "none", _ => []),
        ["alg none with a signature"] = test => test.WithHeader(header => header["alg"] = "none"),
        ["alg None"] = test => test.WithHeader(header => header["alg"] = "None"),
        ["alg missing"] = test => test.WithHeader(header => header.Remove("alg")),
        ["alg of another kind"] = test => test.WithHeader(header => header["alg"] = "RS384", data => test._issuer.Rsa.SignData(data, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1)),
        ["PSS"] = test => test.WithHeader(header => header["alg"] = "PS256", data => test._issuer.Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)),
        ["HMAC with the public key as PEM"] = test => test.WithHeader(header => header["alg"] = "HS256", data => HMACSHA256.HashData(Encoding.ASCII.GetBytes(test._issuer.Rsa.ExportSubjectPublicKeyInfoPem()), data)),
        ["HMAC with the public key as DER"] = test => test.WithHeader(header => header["alg"] = "HS256", data => HMACSHA256.HashData(test._issuer.Rsa.ExportSubjectPublicKeyInfo(), data)),
        ["HMAC with the public key's modulus"] = test => test.WithHeader(header => header["alg"] = "HS256", data => HMACSHA256.HashData(test._issuer.Rsa.ExportParameters(false).Modulus!, data)),
        ["HMAC under RS256"] = test => test.WithHeader(_ => { }, data => HMACSHA256.HashData(test._issuer.Rsa.ExportSubjectPublicKeyInfo(), data)),
        ["HMAC with a published secret"] = test => test.WithHeader(
            header => (header["alg"], header["kid"]) = ("HS256", "secret"), data => HMACSHA256.HashData(Encoding.ASCII.GetBytes("a secret that the authority should not have published"), data)),
        ["kid unknown"] = test => test.WithHeader(header => header["kid"] = "rsa-2"),
        ["kid missing"] = test => test.WithHeader(header => header.Remove("kid")),
        ["kid empty"] = test => test.WithHeader(header => header["kid"] = ""),
        ["kid of the other key"] = test => test.WithHeader(header => header["kid"] = "ec-1"),
        ["kid of a key for encryption"] = test => test.WithHeader(header => header["kid"] = "encryption"),
        ["kid of a key that is too small"] = test => test.WithHeader(header => header["kid"] = "small"),
        ["kid that is a path"] = test => test.WithHeader(header => header["kid"] = "../../dev/null"),
        ["kid that is no text"] = test => test.WithHeader(header => header["kid"] = 1),
        ["kid very long"] = test => test.WithHeader(header => header["kid"] = new string('a', 300)),
        ["ES256 with a signature of RSA"] = test => test.WithHeader(header => (header["alg"], header["kid"]) = ("ES256", "ec-1")),
        ["ES256 with a signature of zeros"] = test => test.WithHeader(header => (header["alg"], header["kid"]) = ("ES256", "ec-1"), _ => new byte[64]),
        ["RS256 with a signature of zeros"] = test => test.WithHeader(_ => { }, _ => new byte[256]),
        ["signed by another key"] = test => test.WithHeader(_ => { }, data =>
        {
            var other = s_other;
            return other.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }),
        ["a key of its own in the header"] = test =>
        {
            var other = s_other;
            var key = LocalIssuer.RsaKey(other, test._issuer.RsaKid);
            return test.WithHeader(header => header["jwk"] = key, data => other.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        },
        ["an address of its own keys in the header"] = test =>
        {
            var other = s_other;
            test._issuer.Keys = new JsonObject { ["keys"] = new JsonArray(LocalIssuer.RsaKey(other, "own")) }.ToJsonString();
            return test.WithHeader(
                header => (header["jku"], header["x5u"], header["kid"]) = (new Uri(test._issuer.Authority, "/keys").AbsoluteUri, new Uri(test._issuer.Authority, "/keys").AbsoluteUri, "own"),
                data => other.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        },
        ["something critical in the header"] = test => test.WithHeader(header => (header["crit"], header["b64"]) = (new JsonArray("b64"), true)),
        ["another type"] = test => test.WithHeader(header => header["typ"] = "logout+jwt"),
        ["no type"] = test => test.WithHeader(header => header.Remove("typ")),
        ["issuer of somebody else"] = test => test.Changed(claims => claims["iss"] = "https://login.microsoftonline.com/other/v2.0"),
        ["issuer that begins alike"] = test => test.Changed(claims => claims["iss"] = test._issuer.Issuer + "/"),
        ["issuer missing"] = test => test.Changed(claims => claims.Remove("iss")),
        ["audience of somebody else"] = test => test.Changed(claims => claims["aud"] = "api://other"),
        ["audience that begins alike"] = test => test.Changed(claims => claims["aud"] = LocalIssuer.Audience + "x"),
        ["audience missing"] = test => test.Changed(claims => claims.Remove("aud")),
        ["expired"] = test => test.Changed(claims => claims["exp"] = test.Now.AddMinutes(-5).ToUnixTimeSeconds()),
        ["expiry missing"] = test => test.Changed(claims => claims.Remove("exp")),
        ["expiry that is text"] = test => test.Changed(claims => claims["exp"] = "never"),
        ["not yet valid"] = test => test.Changed(claims => claims["nbf"] = test.Now.AddMinutes(5).ToUnixTimeSeconds()),
        ["ID token"] = test => test.Changed(claims => (claims["nonce"], _) = ("n", claims.Remove("azp"))),
        ["of nobody"] = test => test.Changed(claims => _ = (claims.Remove("oid"), claims.Remove("sub"))),
        ["payload changed after it was signed"] = test => test.Spliced(1, "ManagedLog.Consume"),
        ["signature missing"] = test => test._issuer.Sign(test._issuer.Claims(test.Now, "ManagedLog.Manage"))[..^342],
        ["signature cut short"] = test => test._issuer.Sign(test._issuer.Claims(test.Now, "ManagedLog.Manage"))[..^4],
        ["truncated in the payload"] = test => test._issuer.Sign(test._issuer.Claims(test.Now, "ManagedLog.Manage"))[..200],
        ["a part too many"] = test => test._issuer.Sign(test._issuer.Claims(test.Now, "ManagedLog.Manage")) + ".x",
        ["five parts"] = test => test._issuer.Sign(test._issuer.Claims(test.Now, "ManagedLog.Manage")) + ".x.y",
        ["a line break"] = test => test._issuer.Sign(test._issuer.Claims(test.Now, "ManagedLog.Manage")).Insert(20, "\n"),
        ["a blank"] = test => test._issuer.Sign(test._issuer.Claims(test.Now, "ManagedLog.Manage")) + " ",
        ["padding"] = test => test._issuer.Sign(test._issuer.Claims(test.Now, "ManagedLog.Manage")) + "==",
        ["audience twice"] = test => test.Twice("aud", "\"other\""),
        ["roles twice"] = test => test.Twice("roles", """["ManagedLog.Consume"]"""),
        ["expiry twice"] = test => test.Twice("exp", "99999999999"),
        ["alg twice"] = test => LocalIssuer.Sign("{\"alg\":\"none\"," + test._issuer.Header().ToJsonString()[1..], test.Good(), test._issuer.RsaSignature),
        ["payload that is no object"] = test => LocalIssuer.Sign(test._issuer.Header().ToJsonString(), "[]", test._issuer.RsaSignature),
        ["payload that is no JSON"] = test => LocalIssuer.Sign(test._issuer.Header().ToJsonString(), "aud=x", test._issuer.RsaSignature),
        ["half a surrogate pair as the key's id"] = test => LocalIssuer.Sign("""{"typ":"JWT","alg":"RS256","kid":"\ud800"}""", test.Good(), test._issuer.RsaSignature),
        ["half a surrogate pair in a claim"] = test => LocalIssuer.Sign(test._issuer.Header().ToJsonString(), """{"x":"\ud800",""" + test.Good()[1..], _ => new byte[256]),
        ["half a surrogate pair as the issuer"] = test => LocalIssuer.Sign(test._issuer.Header().ToJsonString(), test.Good().Replace(test._issuer.Issuer, "\\ud800", StringComparison.Ordinal), test._issuer.RsaSignature),
        ["half a surrogate pair as a role"] = test => LocalIssuer.Sign(test._issuer.Header().ToJsonString(), test.Good().Replace("ManagedLog.Manage", "\\ud800", StringComparison.Ordinal), test._issuer.RsaSignature),
        ["invalid UTF-8"] = test =>
        {
            var parts = test._issuer.Sign(test._issuer.Claims(test.Now, "ManagedLog.Manage")).Split('.');
            parts[1] = LocalIssuer.Encode([.. "{\"a\":\""u8, 0xff, .. "\"}"u8]);
            return string.Join('.', parts);
        },
        ["deep payload"] = test => LocalIssuer.Sign(test._issuer.Header().ToJsonString(), "{\"a\":" + new string('[', 500) + new string(']', 500) + "," + test.Good()[1..], test._issuer.RsaSignature),
        ["oversized"] = test => test.Changed(claims => claims["more"] = new string('a', TokenForm.MaxLength)),
    };

    private string Twice(string name, string value) =>
        LocalIssuer.Sign(_issuer.Header().ToJsonString(), $$"""{"{{name}}":{{value}},{{Good()[1..]}}""", _issuer.RsaSignature);

    /// <summary>A part of a good token in the place of the same part of another good token.</summary>
    private string Spliced(int part, string role)
    {
        var parts = _issuer.Sign(_issuer.Claims(Now, "ManagedLog.Manage")).Split('.');
        parts[part] = _issuer.Sign(_issuer.Claims(Now, role)).Split('.')[part];
        return string.Join('.', parts);
    }
}

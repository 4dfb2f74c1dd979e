using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ManagedLog.Functions.Tests.Security;

/// <summary>An authority on this machine that signs real tokens, good ones and others.</summary>
internal sealed class LocalIssuer : IAsyncDisposable
{
    public const string Audience = "api://managedlog";

    // Made once: that takes long.
    private static readonly RSA s_first = RSA.Create(2048);
    private static readonly RSA s_small = RSA.Create(1024);

    private readonly WebApplication _app;
    private int _requests;

    private LocalIssuer(WebApplication app) => _app = app;

    public RSA Rsa { get; private set; } = s_first;

    public ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string RsaKid { get; set; } = "rsa-1";

    public string Issuer { get; private set; } = "";

    public Uri Authority => new(_app.Urls.Single() + "/tenant/v2.0");

    /// <summary>Of both documents together.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>In place of the keys, or of the metadata; null: as they are.</summary>
    public string? Keys { get; set; }

    public string? Metadata { get; set; }

    public int Status { get; set; } = 200;

    public static async Task<LocalIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var issuer = new LocalIssuer(builder.Build());
        issuer._app.MapGet("/tenant/v2.0/.well-known/openid-configuration", context => issuer.AnswerAsync(context, issuer.Metadata ?? issuer.MetadataText()));
        issuer._app.MapGet("/keys", context => issuer.AnswerAsync(context, issuer.Keys ?? issuer.KeysText()));
        await issuer._app.StartAsync();
        issuer.Issuer = issuer.Authority.AbsoluteUri;
        return issuer;
    }

    public string[] Settings => ["--ManagedLog:Security:EntraAuthority", Authority.AbsoluteUri, "--ManagedLog:Security:EntraAudience", "other, " + Audience];

    /// <summary>Another key, under another id.</summary>
    public void Rotate()
    {
        Rsa = RSA.Create(2048);
        RsaKid += "x";
    }

    /// <summary>The claims of a good token, for a test to change.</summary>
    public JsonObject Claims(DateTimeOffset now, params string[] roles) => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["iat"] = now.ToUnixTimeSeconds(),
        ["nbf"] = now.ToUnixTimeSeconds(),
        ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        ["oid"] = "11111111-2222-3333-4444-555555555555",
        ["sub"] = "subject",
        ["azp"] = "client",
        ["ver"] = "2.0",
        ["roles"] = new JsonArray([.. roles.Select(role => JsonValue.Create(role))]),
    };

    public JsonObject Header(string algorithm = "RS256") => new() { ["typ"] = "JWT", ["alg"] = algorithm, ["kid"] = algorithm == "ES256" ? "ec-1" : RsaKid };

    public string Sign(JsonObject claims) => Sign(Header().ToJsonString(), claims.ToJsonString(), RsaSignature);

    public static string Sign(string header, string payload, Func<byte[], byte[]> sign)
    {
        var signed = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(payload))}";
        return $"{signed}.{Encode(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public byte[] RsaSignature(byte[] data) => Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    public byte[] EcSignature(byte[] data) => Ec.SignData(data, HashAlgorithmName.SHA256);

    public static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    public static JsonObject RsaKey(RSA rsa, string kid)
    {
        var key = rsa.ExportParameters(false);
        return new() { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = kid, ["n"] = Encode(key.Modulus!), ["e"] = Encode(key.Exponent!) };
    }

    public string MetadataText() => new JsonObject { ["issuer"] = Issuer, ["jwks_uri"] = _app.Urls.Single() + "/keys" }.ToJsonString();

    public string KeysText()
    {
        var point = Ec.ExportParameters(false).Q;
        var ec = new JsonObject { ["kty"] = "EC", ["use"] = "sig", ["kid"] = "ec-1", ["crv"] = "P-256", ["x"] = Encode(point.X!), ["y"] = Encode(point.Y!) };
        var secret = new JsonObject { ["kty"] = "oct", ["kid"] = "secret", ["k"] = Encode(Encoding.ASCII.GetBytes("a secret that the authority should not have published")) };
        var encryption = RsaKey(Rsa, "encryption");
        encryption["use"] = "enc";
        return new JsonObject { ["keys"] = new JsonArray(RsaKey(Rsa, RsaKid), ec, secret, encryption, RsaKey(s_small, "small")) }.ToJsonString();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        if (Rsa != s_first)
            Rsa.Dispose();
        Ec.Dispose();
    }

    private Task AnswerAsync(HttpContext context, string text)
    {
        Interlocked.Increment(ref _requests);
        context.Response.StatusCode = Status;
        if (Status == 302)
            context.Response.Headers.Location = "/keys";
        return context.Response.WriteAsync(text);
    }
}

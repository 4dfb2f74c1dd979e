using Microsoft.IdentityModel.Tokens;

namespace ManagedLog.Functions.Security.Tokens;

/// <summary>What an authority says of itself: in whose name it issues, and the keys that its signatures can be checked with.</summary>
internal sealed record SigningKeySet(string Issuer, IReadOnlyDictionary<string, SecurityKey> Keys)
{
    /// <summary>Of RSA; shorter ones can be factored.</summary>
    private const int LeastRsaBits = 2048;

    /// <summary>Of its keys those that are for signatures of the kinds that are taken; the others are passed over. Null: it is no set of keys.</summary>
    public static SigningKeySet? Read(string issuer, string json)
    {
        JsonWebKeySet read;
        try
        {
            read = new JsonWebKeySet(json);
        }
        catch (ArgumentException)
        {
            return null;
        }

        var keys = new Dictionary<string, SecurityKey>(StringComparer.Ordinal);
        foreach (var key in read.Keys)
        {
            if (!string.IsNullOrEmpty(key.Kid) && key.Use is null or "" or JsonWebKeyUseNames.Sig && IsTaken(key))
                keys[key.Kid!] = key;
        }

        return keys.Count == 0 ? null : new SigningKeySet(issuer, keys);
    }

    /// <summary>Only public keys of two kinds: a secret that others know, too, signs nothing.</summary>
    private static bool IsTaken(JsonWebKey key) => key.Kty switch
    {
        JsonWebAlgorithmsKeyTypes.RSA => key.N is not null && key.E is not null && key.KeySize >= LeastRsaBits,
        JsonWebAlgorithmsKeyTypes.EllipticCurve => key.Crv == JsonWebKeyECTypes.P256 && key.X is not null && key.Y is not null,
        _ => false,
    };
}

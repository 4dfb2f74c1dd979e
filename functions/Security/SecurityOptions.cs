using ManagedLog.Functions.Security.Auditing;

namespace ManagedLog.Functions.Security;

/// <summary>Section <c>ManagedLog:Security</c>.</summary>
internal sealed class SecurityOptions
{
    private const int HashDigits = 64;

    private static readonly string[] s_anyTenant = ["common", "organizations", "consumers"];

    /// <summary>
    /// SHA-256, in hexadecimal digits, of a key that may do everything: the way in before there are other keys. The key begins with <c>mlk_admin_</c> and goes on with at least 43
    /// random characters. Several are separated by commas, so that one can follow another. Empty: there is none.
    /// </summary>
    public string AdminKeyHash { get; set; } = "";

    /// <summary>Whose tokens are taken, for instance <c>https://login.microsoftonline.com/TENANT/v2.0</c>. Null: no tokens.</summary>
    public Uri? EntraAuthority { get; set; }

    /// <summary>For whom a token must have been issued: the client id of the app registration, or its application id URI. Several are separated by commas.</summary>
    public string EntraAudience { get; set; } = "";

    /// <summary>In whose name tokens must be issued; empty: as the authority's metadata say.</summary>
    public string EntraIssuer { get; set; } = "";

    /// <summary>Whether administrative changes are made that cannot be written to the audit.</summary>
    public AuditMode Audit { get; set; }

    public IReadOnlyList<string> ReadAudiences() => Split(EntraAudience);

    public IReadOnlyList<byte[]> ReadAdminKeyHashes() =>
        [.. Split(AdminKeyHash).Select(Convert.FromHexString)];

    /// <summary>Null, or what is wrong, in one sentence that says what to set.</summary>
    public string? FindDefect()
    {
        if (!Enum.IsDefined(Audit))
            return "ManagedLog:Security:Audit must be Required, BestEffort or Off.";
        foreach (var hash in Split(AdminKeyHash))
        {
            // Not repeated: it could be the key itself.
            if (hash.Length != HashDigits || !hash.All(char.IsAsciiHexDigit))
                return "ManagedLog:Security:AdminKeyHash must be the SHA-256 of a key, as 64 hexadecimal digits, and not the key itself.";
        }

        if (EntraAuthority is null)
        {
            return EntraAudience.Length == 0 && EntraIssuer.Length == 0
                ? null
                : "ManagedLog:Security:EntraAudience and EntraIssuer need ManagedLog:Security:EntraAuthority, whose tokens are to be taken.";
        }

        if (ReadAudiences().Count == 0)
            return "ManagedLog:Security:EntraAuthority needs ManagedLog:Security:EntraAudience: a token that was issued for anybody is no proof.";
        if (EntraAuthority.IsAbsoluteUri && EntraAuthority.Segments.Any(static segment => s_anyTenant.Contains(segment.TrimEnd('/'), StringComparer.OrdinalIgnoreCase)))
            return "ManagedLog:Security:EntraAuthority must name one tenant, not common, organizations or consumers: those are everybody.";
        return IsSafe(EntraAuthority) ? null : "ManagedLog:Security:EntraAuthority must be an https address, for instance https://login.microsoftonline.com/TENANT/v2.0.";
    }

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Keys that came over a network that others can change would prove nothing.</summary>
    public static bool IsSafe(Uri address) => address.IsAbsoluteUri && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
}

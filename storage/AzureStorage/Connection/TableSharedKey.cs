using System.Security.Cryptography;
using System.Text;

namespace ManagedLog.AzureStorage.Connection;

/// <summary>Signs requests to the table service with the account's key, by the scheme Shared Key Lite.</summary>
/// <remarks>learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key, "Shared Key Lite and Table service authorization".</remarks>
internal sealed class TableSharedKey(string accountName, string accountKey)
{
    private readonly byte[] _key = Convert.FromBase64String(accountKey);

    /// <summary>The Authorization header of a request to <paramref name="uri"/> whose x-ms-date header is <paramref name="date"/>.</summary>
    public string Authorize(Uri uri, string date)
    {
        // The path as it is sent, escapes included; of the query only "comp" counts, which no call of ours has.
        var signed = Encoding.UTF8.GetBytes($"{date}\n/{accountName}{uri.AbsolutePath}");
        return $"SharedKeyLite {accountName}:{Convert.ToBase64String(HMACSHA256.HashData(_key, signed))}";
    }

    /// <summary>Never the key.</summary>
    public override string ToString() => $"shared key of {accountName}";
}

using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ManagedLog.Functions.Security;

/// <summary>
/// How an API key is written: <c>mlk_</c>, a prefix that is no secret and by which its row is found, <c>_</c>, and 256 random bits as 43 characters of base64url. What begins with
/// <c>mlk_</c> can be found by those who look for secrets in repositories.
/// </summary>
/// <remarks>
/// A fast hash is right for it: slow ones protect secrets that can be guessed, and of 2^256 keys none is guessed, however fast. They would cost every request what a password
/// costs once in a session, and so be a way to keep the service busy.
/// </remarks>
internal static class KeySecret
{
    public const string Begin = "mlk_";

    /// <summary>Stands for the keys of the configuration; no stored key has it, because theirs are longer.</summary>
    public const string AdminPrefix = "admin";

    public const int MaxLength = 256;

    public const int HashBytes = SHA256.HashSizeInBytes;

    private const int PrefixLength = 12;
    private const int SecretBytes = 32;
    private const int LeastSecret = 43;
    private const string Letters = "abcdefghijklmnopqrstuvwxyz234567";

    private static readonly SearchValues<char> s_letters = SearchValues.Create(Letters);

    /// <summary>A new key, told once, and its prefix.</summary>
    public static (string Key, string Prefix) Draw()
    {
        var prefix = RandomNumberGenerator.GetString(Letters, PrefixLength);
        Span<byte> secret = stackalloc byte[SecretBytes];
        RandomNumberGenerator.Fill(secret);
        return ($"{Begin}{prefix}_{Base64Url.EncodeToString(secret)}", prefix);
    }

    /// <summary>Whether it could be a key at all. What cannot costs no storage operation.</summary>
    public static bool TryReadPrefix(ReadOnlySpan<char> key, out ReadOnlySpan<char> prefix)
    {
        prefix = default;
        if (!key.StartsWith(Begin, StringComparison.Ordinal) || key.Length > MaxLength)
            return false;
        var rest = key[Begin.Length..];
        var end = rest.IndexOf('_');
        if (end is not (PrefixLength or 5) || rest.Length - end - 1 < LeastSecret)
            return false;
        foreach (var c in rest[(end + 1)..])
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                return false;
        }

        prefix = rest[..end];
        return prefix.SequenceEqual(AdminPrefix) || (end == PrefixLength && !prefix.ContainsAnyExcept(s_letters));
    }

    /// <summary>A text without the keys in it: somebody may put one where a prefix belongs.</summary>
    public static string Redact(string text) => text.IndexOf(Begin, StringComparison.Ordinal) is >= 0 and var at ? text[..at] + Begin + "…" : text;

    /// <summary>Of a key that <see cref="TryReadPrefix"/> has found to be one: ASCII, and short.</summary>
    public static void Hash(ReadOnlySpan<char> key, Span<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        var length = Encoding.ASCII.GetBytes(key, bytes);
        SHA256.HashData(bytes[..length], hash);
        CryptographicOperations.ZeroMemory(bytes);
    }
}

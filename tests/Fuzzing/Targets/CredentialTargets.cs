using System.Text;
using System.Text.Json;
using ManagedLog.Engine.Insight;
using ManagedLog.Functions.Security;
using ManagedLog.Functions.Security.Tokens;

namespace ManagedLog.Fuzzing.Targets;

/// <summary>What callers say of themselves: API keys, tokens, scopes; and what the audit has kept of them.</summary>
internal static class CredentialTargets
{
    private const int Fixed = 64_000;
    private const int BytesPerByte = 200;

    private static readonly IReadOnlyList<byte[]> s_keys = Texts(
        "mlk_abcdefghijkl_0123456789012345678901234567890123456789abc", "mlk_admin_0123456789-123456789_123456789012345678901234567890");

    private static readonly IReadOnlyList<byte[]> s_scopes = Texts("produce:topic:orders", "consume:group:billing*", "manage:cluster", "manage:topic:*");

    private static readonly IReadOnlyList<byte[]> s_headers = Texts("""{"typ":"JWT","alg":"RS256","kid":"a"}""", """{"typ":"at+jwt","alg":"ES256","kid":"b","x5t":"c"}""");

    private static readonly IReadOnlyList<byte[]> s_claims = Texts(
        """{"iss":"https://login.example/t/v2.0","aud":"api://a","exp":1900000000,"nbf":1700000000,"oid":"o","azp":"c","roles":["ManagedLog.Manage"]}""");

    private static readonly IReadOnlyList<byte[]> s_audit =
    [
        .. Enum.GetValues<AuditOutcome>().Select(outcome =>
            new AuditRecord(new Guid(1, 2, 3, new byte[8]), outcome, 1_700_000_000_000, "topic.create", "topic:a", "key:b", "::1", null, "r", Guid.Empty, """{"configs":{"a":"1"}}""").Encode()),
    ];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("api-key", random => Key(Mutator.Mutate(random, s_keys))),
        new("scope", random => Scope(Mutator.Mutate(random, s_scopes))),
        new("token", Token),
        new("audit-record", random => Audit(Mutator.Mutate(random, s_audit))),
    ];

    private static IReadOnlyList<byte[]> Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static FuzzCase Key(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        return Case(input, () =>
        {
            if (!KeySecret.TryReadPrefix(text, out var prefix))
                return;
            Promise.Holds(text.Length <= KeySecret.MaxLength && text.StartsWith($"mlk_{prefix}_", StringComparison.Ordinal), "a key is short and begins with its prefix");
            Span<byte> hash = stackalloc byte[KeySecret.HashBytes];
            KeySecret.Hash(text, hash);
        });
    }

    private static FuzzCase Scope(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        return Case(input, () =>
        {
            if (ManagedLog.Functions.Security.Scope.TryParse(text, out var scope))
                Promise.Holds(scope.ToString() == text, "a scope says what was asked for and nothing else");
        });
    }

    /// <summary>Either what is encoded is mutated, or the encoding.</summary>
    private static FuzzCase Token(Random random)
    {
        var whole = $"{Encoded(Mutator.Mutate(random, s_headers))}.{Encoded(Mutator.Mutate(random, s_claims))}.{Encoded([1, 2, 3])}";
        var text = random.Next(2) == 0 ? whole : Encoding.Latin1.GetString(Mutator.Mutate(random, [Encoding.Latin1.GetBytes(whole)]));
        return Case(Encoding.Latin1.GetBytes(text), () =>
        {
            if (TokenForm.ReadKid(text) is { } kid)
                Promise.Holds(text.Length <= TokenForm.MaxLength && kid.Length > 0 && text.Count(static c => c == '.') == 2, "a token has three parts and a key");
        });
    }

    private static FuzzCase Audit(byte[] input) => Case(input, () =>
    {
        if (!AuditRecord.TryDecode(input, out var record))
            return;
        using var details = JsonDocument.Parse(record.Details);
        Promise.Holds(AuditRecord.TryDecode(record.Encode(), out var again) && again.Id == record.Id && again.Outcome == record.Outcome, "what was read can be written");
    });

    private static FuzzCase Case(byte[] input, Action run) => new(Encoding.Latin1.GetString(input), Fixed + ((long)BytesPerByte * input.Length), run);

    private static string Encoded(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}

namespace ManagedLog.Engine.Metadata;

/// <summary>A key by which a caller is known, as it is stored: never the secret itself.</summary>
/// <param name="Prefix">The part of it that is no secret, by which it is found: 1 to 64 lower-case letters and digits.</param>
/// <param name="Name">For people; need not be unique.</param>
/// <param name="Hash">SHA-256 of the whole key.</param>
/// <param name="Scopes">What it may do; the engine keeps them as they are.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="ExpiresAt">From then on it is not taken any more; null: never.</param>
/// <param name="LastUsedAt">When it was last seen, to about <see cref="ApiKeys.UseInterval"/>; null: never yet.</param>
public sealed record ApiKey(
    string Prefix, string Name, ReadOnlyMemory<byte> Hash, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt)
{
    /// <summary>Null: as is configured for everybody.</summary>
    public ApiKeyQuota? Quota { get; init; }
}

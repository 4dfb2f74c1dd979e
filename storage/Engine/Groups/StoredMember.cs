using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>A member's row as it was read.</summary>
/// <param name="Silence">How long the member had not been heard of then, by the storage service's clock.</param>
internal sealed record StoredMember(string Member, GroupMemberRow Row, ETag ETag, DateTimeOffset SeenAt, TimeSpan Silence)
{
    public TimeSpan SessionTimeout => TimeSpan.FromMilliseconds(Row.SessionTimeoutMs);

    public bool IsExpired => Silence > SessionTimeout;

    public MemberSubscription Subscription => new(Row.Topics, Row.Pattern);

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format.</summary>
    public static StoredMember Of(Row row)
    {
        var decoded = GroupMemberRow.Decode(row);
        var seenAt = decoded.SeenAt > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(decoded.SeenAt) : row.Timestamp;
        return new StoredMember(row.Address.RowKey[StorageLayout.MemberRowKeyPrefix.Length..], decoded, row.ETag, seenAt, row.ReadAt - seenAt);
    }
}

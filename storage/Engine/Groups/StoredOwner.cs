using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>An owner row as it was read.</summary>
internal sealed record StoredOwner(TopicPartition Partition, GroupOwnerRow Row, ETag ETag)
{
    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static StoredOwner Of(Row row) => StorageLayout.TryParsePartition(row.Address.RowKey, StorageLayout.OwnerRowKeyPrefix, out var partition)
        ? new StoredOwner(partition, GroupOwnerRow.Decode(row), row.ETag)
        : throw new InvalidDataException($"Row {row.Address} has no key of an owner.");
}

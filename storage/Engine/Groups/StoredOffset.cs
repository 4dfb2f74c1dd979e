using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>A committed offset as it was read.</summary>
/// <param name="CommittedAt">By the storage service's clock, like <paramref name="ReadAt"/>.</param>
internal sealed record StoredOffset(TopicPartition Partition, GroupOffsetRow Row, ETag ETag, DateTimeOffset CommittedAt, DateTimeOffset ReadAt)
{
    public CommittedOffset ToCommitted() => new(new GroupPartition(Row.Topic, Partition.Topic, Partition.Partition), Row.Offset, Row.LeaderEpoch, Row.Metadata, CommittedAt);

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static StoredOffset Of(Row row) => StorageLayout.TryParsePartition(row.Address.RowKey, StorageLayout.OffsetRowKeyPrefix, out var partition)
        ? new StoredOffset(partition, GroupOffsetRow.Decode(row), row.ETag, row.Timestamp, row.ReadAt)
        : throw new InvalidDataException($"Row {row.Address} has no key of an offset.");
}

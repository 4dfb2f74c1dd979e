using System.Collections.Immutable;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Simulation.Groups;

/// <summary>All rows of a group at one moment, decoded.</summary>
internal sealed record GroupImage
{
    public GroupHeadRow? Head { get; private init; }

    public ImmutableSortedDictionary<string, GroupMemberRow> Members { get; private init; } = ImmutableSortedDictionary.Create<string, GroupMemberRow>(StringComparer.Ordinal);

    public ImmutableDictionary<TopicPartition, GroupOwnerRow> Owners { get; private init; } = ImmutableDictionary<TopicPartition, GroupOwnerRow>.Empty;

    public ImmutableDictionary<TopicPartition, GroupOffsetRow> Offsets { get; private init; } = ImmutableDictionary<TopicPartition, GroupOffsetRow>.Empty;

    public bool IsNothing => Head is null && Members.IsEmpty && Owners.IsEmpty && Offsets.IsEmpty;

    public bool IsThere(string member, long epoch) => Members.TryGetValue(member, out var row) && row.Epoch == epoch;

    public GroupImage Apply(RowBatch batch)
    {
        var image = this;
        foreach (var operation in batch.Operations)
            image = image.Apply(operation);
        return image;
    }

    /// <summary>As <see cref="StorageLayout"/> names it.</summary>
    public static TopicPartition PartitionOf(string rowKey, string prefix) =>
        StorageLayout.TryParsePartition(rowKey, prefix, out var partition) ? partition : throw new InvalidDataException(rowKey);

    private GroupImage Apply(RowOperation operation)
    {
        var key = operation.RowKey;
        var isGone = operation.Kind == RowOperationKind.Delete;
        if (key == StorageLayout.HeadRowKey)
            return operation.Kind == RowOperationKind.Merge ? this : this with { Head = isGone ? null : GroupHeadRow.Decode(RowOf(operation)) };
        if (key.StartsWith(StorageLayout.MemberRowKeyPrefix, StringComparison.Ordinal))
        {
            var member = key[StorageLayout.MemberRowKeyPrefix.Length..];
            if (operation.Kind == RowOperationKind.Merge)
                return this with { Members = Members.SetItem(member, Members[member] with { SeenAt = operation.Properties[GroupMemberRow.SeenAtProperty].AsInt64() }) };
            return this with { Members = isGone ? Members.Remove(member) : Members.SetItem(member, GroupMemberRow.Decode(RowOf(operation))) };
        }

        if (key.StartsWith(StorageLayout.OwnerRowKeyPrefix, StringComparison.Ordinal))
        {
            var partition = PartitionOf(key, StorageLayout.OwnerRowKeyPrefix);
            return this with { Owners = isGone ? Owners.Remove(partition) : Owners.SetItem(partition, GroupOwnerRow.Decode(RowOf(operation))) };
        }

        if (key.StartsWith(StorageLayout.OffsetRowKeyPrefix, StringComparison.Ordinal))
        {
            var partition = PartitionOf(key, StorageLayout.OffsetRowKeyPrefix);
            return this with { Offsets = isGone ? Offsets.Remove(partition) : Offsets.SetItem(partition, GroupOffsetRow.Decode(RowOf(operation))) };
        }

        throw new InvalidDataException($"Nobody knows row {key} of a group.");
    }

    private static Row RowOf(RowOperation operation) => new(new RowAddress("", operation.RowKey), operation.Properties, default, default, default);
}

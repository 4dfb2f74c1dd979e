using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Groups;

/// <summary>The rows of groups: reads and decodes them. One call, one round trip; lists take one for each 1,000 rows.</summary>
internal sealed class GroupTable(IStorageBackend backend)
{
    public async ValueTask<Outcome<StoredHead>> ReadHeadAsync(GroupId group, CancellationToken cancellationToken)
    {
        var read = await backend.ReadRowAsync(StorageLayout.GroupsTable, new RowAddress(group.Value, StorageLayout.HeadRowKey), cancellationToken);
        return read.IsDone
            ? Outcome.Done(new StoredHead(GroupHeadRow.Decode(read.Value), read.Value.ETag, read.Value.Timestamp, read.Value.ReadAt))
            : read.As<StoredHead>();
    }

    public async ValueTask<Outcome<StoredMember>> ReadMemberAsync(GroupId group, string member, CancellationToken cancellationToken)
    {
        var read = await backend.ReadRowAsync(StorageLayout.GroupsTable, new RowAddress(group.Value, StorageLayout.MemberRowKey(member)), cancellationToken);
        return read.IsDone ? Outcome.Done(StoredMember.Of(read.Value)) : read.As<StoredMember>();
    }

    /// <summary>All members, by id.</summary>
    public ValueTask<Outcome<IReadOnlyList<StoredMember>>> ListMembersAsync(GroupId group, CancellationToken cancellationToken) =>
        ListAsync(group, StorageLayout.MemberRowKeyPrefix, StorageLayout.MemberRowKeyEnd, StoredMember.Of, cancellationToken);

    /// <summary>All owners, by topic id and partition.</summary>
    public ValueTask<Outcome<IReadOnlyList<StoredOwner>>> ListOwnersAsync(GroupId group, CancellationToken cancellationToken) =>
        ListAsync(group, StorageLayout.OwnerRowKeyPrefix, StorageLayout.OwnerRowKeyEnd, StoredOwner.Of, cancellationToken);

    /// <summary>All committed offsets, by topic id and partition.</summary>
    public ValueTask<Outcome<IReadOnlyList<StoredOffset>>> ListOffsetsAsync(GroupId group, CancellationToken cancellationToken) =>
        ListAsync(group, StorageLayout.OffsetRowKeyPrefix, StorageLayout.OffsetRowKeyEnd, StoredOffset.Of, cancellationToken);

    public ValueTask<Outcome<IReadOnlyList<ETag>>> CommitAsync(RowBatch batch) => backend.CommitRowsAsync(StorageLayout.GroupsTable, batch, CancellationToken.None);

    private async ValueTask<Outcome<IReadOnlyList<T>>> ListAsync<T>(GroupId group, string from, string below, Func<Row, T> decode, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        var query = new RowQuery(group.Value, from, below);
        while (true)
        {
            var page = await backend.QueryRowsAsync(StorageLayout.GroupsTable, query, cancellationToken);
            if (!page.IsDone)
                return page.As<IReadOnlyList<T>>();
            rows.AddRange(page.Value.Rows.Select(decode));
            if (page.Value.Continuation is null)
                return Outcome.Done<IReadOnlyList<T>>(rows);
            query = query with { Continuation = page.Value.Continuation };
        }
    }
}

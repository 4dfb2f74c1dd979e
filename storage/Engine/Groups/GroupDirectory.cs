using System.Collections.Concurrent;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Groups;

/// <summary>
/// Keeps groups findable: each has a row with its name, by which groups are listed, and a row of due work, by which the housekeeping comes back to it. Both are written before the group's
/// head, and again by whoever changes a group and has not seen to it for <see cref="Fresh"/>; the housekeeping takes neither away while it is younger than that.
/// </summary>
internal sealed class GroupDirectory(IStorageBackend backend, DueWork due, TimeProvider time)
{
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);

    private const int MaxRemembered = 10_000;

    private readonly ConcurrentDictionary<GroupId, long> _announced = new();

    /// <summary>Two operations, or none. Not done: storage was busy, or nobody knows; done again it does no harm.</summary>
    public async ValueTask<Outcome<Nothing>> AnnounceAsync(GroupId group, DateTimeOffset firstLook)
    {
        if (_announced.TryGetValue(group, out var at) && time.GetElapsedTime(at) < Fresh / 2)
            return Outcome.Done();
        var begunAt = time.GetTimestamp();
        try
        {
            // First, so that no name is left to which nothing leads.
            await due.AnnounceAsync(firstLook.ToUnixTimeMilliseconds(), group.Value);
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException)
        {
            return Outcome.Throttled<Nothing>(e.Message);
        }

        var named = await backend.CommitRowsAsync(
            StorageLayout.ClusterTable, new RowBatch(StorageLayout.GroupNamesPartitionKey).Upsert(group.Value, GroupNameRow.Encode()), CancellationToken.None);
        if (!named.IsDone)
            return named.As<Nothing>();

        if (_announced.Count >= MaxRemembered)
            _announced.Clear();
        _announced[group] = begunAt;
        return Outcome.Done();
    }

    /// <summary>Some names in their order, from behind <paramref name="after"/> on; of each there may be a group.</summary>
    public async ValueTask<Outcome<IReadOnlyList<GroupId>>> ListAsync(string? after, int count, CancellationToken cancellationToken)
    {
        var names = new List<GroupId>();
        var query = new RowQuery(StorageLayout.GroupNamesPartitionKey, after, MaxRows: Math.Clamp(count + 1, 1, 1000));
        while (true)
        {
            var page = await backend.QueryRowsAsync(StorageLayout.ClusterTable, query, cancellationToken);
            if (!page.IsDone)
                return page.As<IReadOnlyList<GroupId>>();
            foreach (var row in page.Value.Rows)
            {
                if (names.Count < count && string.CompareOrdinal(GroupNameRow.Decode(row), after) > 0 && GroupId.TryParse(row.Address.RowKey, out var group))
                    names.Add(group);
            }

            if (names.Count == count || page.Value.Continuation is null)
                return Outcome.Done<IReadOnlyList<GroupId>>(names);
            query = query with { Continuation = page.Value.Continuation };
        }
    }

    /// <summary>There is no head of this group. Takes its name away, unless somebody may be about to make one; answers whether there is no name any more.</summary>
    public async ValueTask<bool> ForgetAsync(GroupId group)
    {
        var read = await backend.ReadRowAsync(StorageLayout.ClusterTable, new RowAddress(StorageLayout.GroupNamesPartitionKey, group.Value), CancellationToken.None);
        if (read.Status == OutcomeStatus.Missing)
            return true;
        if (!read.IsDone || read.Value.ReadAt - read.Value.Timestamp < Fresh)
            return false;
        var deleted = await backend.CommitRowsAsync(
            StorageLayout.ClusterTable, new RowBatch(StorageLayout.GroupNamesPartitionKey).Delete(group.Value, read.Value.ETag), CancellationToken.None);
        return deleted.IsDone;
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Consumers;

/// <summary>
/// The consumer instances of the REST interface: one row each, beside its group's. A state takes the place of the one that it was made from, under its ETag, or not at all: that is the
/// lock between calls that arrive at once on any service instances.
/// </summary>
/// <param name="backend">Its reads are retried below it.</param>
public sealed class ConsumerInstances
{
    /// <summary>A call on an instance whose row is older than this share of its time-out writes it again, so that it lives on.</summary>
    private const int RenewShare = 10;

    /// <summary>More than a join takes, tries again included, in all but the worst hours.</summary>
    private static readonly TimeSpan s_longestClaim = TimeSpan.FromSeconds(10);

    private readonly IStorageBackend _backend;
    private readonly Func<GroupId, ValueTask<Outcome<Nothing>>> _announce;
    private readonly TimeProvider _time;
    private readonly Entropy _entropy;

    /// <param name="announce">Lets the housekeeping come to a group, whether or not it ever has a member.</param>
    internal ConsumerInstances(IStorageBackend backend, Func<GroupId, ValueTask<Outcome<Nothing>>> announce, TimeProvider time, Entropy entropy)
    {
        _backend = backend;
        _announce = announce;
        _time = time;
        _entropy = entropy;
    }

    /// <summary>
    /// Null: there is one by that name. One that has expired gives way, see <see cref="FindAsync"/> for who is to be told. Refuses with KAFKA_STORAGE_ERROR or REQUEST_TIMED_OUT.
    /// </summary>
    public async ValueTask<Result<StoredConsumer?>> CreateAsync(ConsumerInstance instance, CancellationToken cancellationToken)
    {
        var doing = $"Creating consumer instance '{instance.Id}'";
        var tries = new WriteTries(_time, _entropy);
        var row = new ConsumerInstanceRow(instance, [NewWrite()]);
        while (!(await _announce(instance.Group)).IsDone)
        {
            if (!await tries.AgainAsync(OutcomeStatus.Throttled, cancellationToken))
                return tries.GiveUp(doing);
        }

        while (true)
        {
            var batch = new RowBatch(instance.Group.Value).Insert(StorageLayout.InstanceRowKey(instance.Id.Value), row.Encode());
            var inserted = await _backend.CommitRowsAsync(StorageLayout.GroupsTable, batch, CancellationToken.None);
            if (inserted.IsDone)
                return Stored(row, inserted.Value[0]);
            if (inserted.Failed(ConditionFailure.Exists))
            {
                var standing = await ReadAsync(instance.Group, instance.Id);
                if (standing.IsRefused)
                    return tries.GiveUp(doing);
                if (standing.Value is { } other)
                    return other.Writes.Contains(row.Writes[0]) ? other : default(StoredConsumer);
            }

            if (!await tries.AgainAsync(inserted.Status, cancellationToken))
                return tries.GiveUp(doing);
        }
    }

    /// <summary>As it stands, also when it has expired; null: there is none. Refuses with KAFKA_STORAGE_ERROR.</summary>
    public ValueTask<Result<StoredConsumer?>> FindAsync(GroupId group, MemberId id) => ReadAsync(group, id);

    /// <summary>
    /// Puts a state in the place of the one that was read. Null: another call was faster, or the instance is gone; nothing was done, and what was read is to be read again. Refuses with
    /// KAFKA_STORAGE_ERROR (nothing was done) or REQUEST_TIMED_OUT (unknown).
    /// </summary>
    public async ValueTask<Result<StoredConsumer?>> ReplaceAsync(StoredConsumer read, ConsumerInstance by, CancellationToken cancellationToken)
    {
        var doing = $"Changing consumer instance '{by.Id}'";
        var tries = new WriteTries(_time, _entropy);
        var row = new ConsumerInstanceRow(by, [NewWrite(), .. read.Writes.Take(ConsumerInstanceRow.KeptWrites - 1)]);
        if (!row.Fits)
        {
            return new Refusal(
                ErrorCode.InvalidRequest, $"{doing}: {by.Positions.Count} partitions are more than one instance can have. Add instances to the group, or assign fewer. Nothing was changed.");
        }

        while (true)
        {
            var batch = new RowBatch(by.Group.Value).Replace(StorageLayout.InstanceRowKey(by.Id.Value), row.Encode(), read.ETag);
            var replaced = await _backend.CommitRowsAsync(StorageLayout.GroupsTable, batch, CancellationToken.None);
            if (replaced.IsDone)
                return Stored(row, replaced.Value[0]);
            if (replaced.Status is OutcomeStatus.ConditionFailed or OutcomeStatus.Missing)
            {
                if (!tries.MayHaveHappened)
                    return default(StoredConsumer);
                // A try before may have been the one that changed it; if others came behind it, this state is not the last, but it has counted.
                var standing = await ReadAsync(by.Group, by.Id);
                if (standing.IsRefused)
                    return tries.GiveUp(doing);
                if (standing.Value is not { } now || !now.Writes.Contains(row.Writes[0]))
                    return default(StoredConsumer);
                // Behind the other states nothing may take the place of this one any more.
                return now.Writes[0] == row.Writes[0] ? now : now with { Instance = by, ETag = read.ETag };
            }

            if (!await tries.AgainAsync(replaced.Status, cancellationToken))
                return tries.GiveUp(doing);
        }
    }

    /// <summary>
    /// Claims to join the group for an instance, see <see cref="ConsumerInstance.JoinClaim"/>; the claim ends with the state that is stored in its place. One that stands for longer than
    /// <see cref="ClaimOf"/> is read as none: whoever made it may have died. As <see cref="ReplaceAsync"/>.
    /// </summary>
    public ValueTask<Result<StoredConsumer?>> ClaimJoinAsync(StoredConsumer read, CancellationToken cancellationToken) =>
        ReplaceAsync(read, read.Instance with { JoinClaim = NewWrite() }, cancellationToken);

    /// <summary>How long a claim stands. An instance whose time-out is short must not expire of it.</summary>
    public static TimeSpan ClaimOf(ConsumerInstance instance)
    {
        var half = instance.Settings.SessionTimeout / 2;
        return half < s_longestClaim ? half : s_longestClaim;
    }

    /// <summary>
    /// Takes away the state that was read; false: another call was faster, see <see cref="ReplaceAsync"/>. Refuses with KAFKA_STORAGE_ERROR (it is still there) or REQUEST_TIMED_OUT.
    /// </summary>
    public async ValueTask<Result<bool>> DeleteAsync(StoredConsumer read, CancellationToken cancellationToken)
    {
        var (group, id) = (read.Instance.Group, read.Instance.Id);
        var doing = $"Deleting consumer instance '{id}'";
        var tries = new WriteTries(_time, _entropy);
        while (true)
        {
            var batch = new RowBatch(group.Value).Delete(StorageLayout.InstanceRowKey(id.Value), read.ETag);
            var deleted = await _backend.CommitRowsAsync(StorageLayout.GroupsTable, batch, CancellationToken.None);
            if (deleted.IsDone || deleted.Status == OutcomeStatus.Missing)
                return true;
            if (deleted.Status == OutcomeStatus.ConditionFailed)
                return false;
            if (!await tries.AgainAsync(deleted.Status, cancellationToken))
                return tries.GiveUp(doing);
        }
    }

    /// <summary>
    /// Nobody has called it for its time-out. A call is noted at the latest when a tenth of the time-out has passed since the last note, so this waits so much longer: it is never said
    /// too early.
    /// </summary>
    public static bool IsExpired(StoredConsumer stored) => stored.Age > stored.Instance.Settings.SessionTimeout + (stored.Instance.Settings.SessionTimeout / RenewShare);

    /// <summary>Whoever serves a call that writes nothing writes the row now, so that the instance lives on.</summary>
    /// <remarks>Not under a claim, which would last for ever where its caller died; and it lasts no longer than the instance.</remarks>
    public static bool IsToBeRenewed(StoredConsumer stored) => stored.Instance.JoinClaim is null && stored.Age >= stored.Instance.Settings.SessionTimeout / RenewShare;

    /// <summary>
    /// Takes away the instances of a group that have expired, for those whom nobody ever calls again; answers whether any is left. A member that one of them was is the group's own concern.
    /// Throws <see cref="StorageUnavailableException"/>.
    /// </summary>
    internal async ValueTask<bool> ExpireAsync(GroupId group)
    {
        var isAnyLeft = false;
        var query = new RowQuery(group.Value, StorageLayout.InstanceRowKeyPrefix, StorageLayout.InstanceRowKeyEnd);
        while (true)
        {
            var page = await _backend.QueryRowsAsync(StorageLayout.GroupsTable, query, CancellationToken.None);
            if (!page.IsDone)
                throw new StorageUnavailableException($"Looking after the consumer instances of group '{group}': {page}");
            foreach (var row in page.Value.Rows)
            {
                if (!MemberId.TryParse(row.Address.RowKey[StorageLayout.InstanceRowKeyPrefix.Length..], out var id) || !IsExpired(Decode(row, group, id)))
                {
                    isAnyLeft = true;
                    continue;
                }

                // Only as it was read: a call that came meanwhile keeps it.
                var deleted = await _backend.CommitRowsAsync(StorageLayout.GroupsTable, new RowBatch(group.Value).Delete(row.Address.RowKey, row.ETag), CancellationToken.None);
                isAnyLeft |= !deleted.IsDone && deleted.Status != OutcomeStatus.Missing;
            }

            if (page.Value.Continuation is null)
                return isAnyLeft;
            query = query with { Continuation = page.Value.Continuation };
        }
    }

    private async ValueTask<Result<StoredConsumer?>> ReadAsync(GroupId group, MemberId id)
    {
        var read = await _backend.ReadRowAsync(StorageLayout.GroupsTable, new RowAddress(group.Value, StorageLayout.InstanceRowKey(id.Value)), CancellationToken.None);
        if (read.Status == OutcomeStatus.Missing)
            return default(StoredConsumer);
        if (!read.IsDone)
            return MetadataRefusals.NothingChanged($"Looking for consumer instance '{id}'");
        return Decode(read.Value, group, id);
    }

    private static StoredConsumer Decode(Row read, GroupId group, MemberId id)
    {
        var row = ConsumerInstanceRow.Decode(read, group, id);
        var age = read.ReadAt - read.Timestamp;
        var instance = age < ClaimOf(row.Instance) ? row.Instance : row.Instance with { JoinClaim = null };
        return new StoredConsumer(instance, age) { ETag = read.ETag, Writes = row.Writes };
    }

    private static Result<StoredConsumer?> Stored(ConsumerInstanceRow row, ETag etag) => new StoredConsumer(row.Instance, TimeSpan.Zero) { ETag = etag, Writes = row.Writes };

    private string NewWrite() => _entropy.NextGuid().ToString("N")[..16];
}

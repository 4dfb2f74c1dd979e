using System.Security.Cryptography;
using System.Text;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// Remembers for 24 hours what each Idempotency-Key was first used for. One row, inserted if absent, decides between requests that arrive at once on any instances.
/// Rows of one day share a PartitionKey and are thrown away together, between 24 and 48 hours later.
/// </summary>
internal sealed class IdempotencyKeys(IStorageBackend backend, TimeProvider time, Entropy entropy, Func<CancellationToken, ValueTask<Result<long>>> nextProducerId)
{
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>How far back days are looked at for rows to throw away, should nobody have looked for a while: five operations.</summary>
    private const int OldestDay = 6;

    /// <summary>How far the clocks of two instances may be apart.</summary>
    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(5);

    private bool _hasLookedBack;

    /// <summary>
    /// The first claim of a key, or the one that stands. Two or three operations. Refuses with KAFKA_STORAGE_ERROR: nothing was appended, whatever became of the row.
    /// </summary>
    public async ValueTask<Result<IdempotencyClaim>> ClaimAsync(IdempotentRequest request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var asked = request.Caller.Length == 0 ? $"{request.Topic}\n{request.Key}" : $"{request.Topic}\n{request.Key}\n{request.Caller}";
        var rowKey = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(asked)));
        foreach (var day in DaysBeside(now))
        {
            var before = await FindAsync(day, rowKey, now);
            if (before.IsRefused)
                return before.Refusal;
            if (before.Value is { } known)
                return Claim(known, request);
        }

        var producer = await nextProducerId(cancellationToken);
        if (producer.IsRefused)
            return producer.Refusal;
        var row = new IdempotencyRow(request.BodyHash, producer.Value, request.Partitions, request.Spread, request.BatchBytes, now.ToUnixTimeMilliseconds());
        var today = StorageLayout.IdempotencyPartitionKey(now);
        var tries = new WriteTries(time, entropy);
        while (true)
        {
            var inserted = await backend.CommitRowsAsync(StorageLayout.IdempotencyTable, new RowBatch(today).Insert(rowKey, row.Encode()), CancellationToken.None);
            if (inserted.IsDone)
                return Claim(row, request);
            if (inserted.Failed(ConditionFailure.Exists))
            {
                var standing = await FindAsync(today, rowKey, now);
                if (standing.IsRefused)
                    return standing.Refusal;
                if (standing.Value is { } other)
                    return Claim(other, request);
            }

            if (!await tries.AgainAsync(inserted.Status, cancellationToken))
                return MetadataRefusals.NothingChanged("Taking note of the Idempotency-Key");
        }
    }

    /// <summary>Throws away what is older than it must be kept. One operation when there is nothing to throw away, but for the first call of an instance.</summary>
    public async ValueTask<int> ExpireAsync(int oldestDay, CancellationToken cancellationToken)
    {
        var removed = 0;
        for (var day = 2; day <= oldestDay; day++)
        {
            var partitionKey = StorageLayout.IdempotencyPartitionKey(time.GetUtcNow().AddDays(-day));
            while (true)
            {
                var page = await backend.QueryRowsAsync(StorageLayout.IdempotencyTable, new RowQuery(partitionKey, MaxRows: RowBatch.MaxOperations), cancellationToken);
                if (!page.IsDone || page.Value.Rows.Count == 0)
                    break;
                var batch = new RowBatch(partitionKey);
                foreach (var row in page.Value.Rows)
                    batch.Delete(row.Address.RowKey, null);
                var deleted = await backend.CommitRowsAsync(StorageLayout.IdempotencyTable, batch, cancellationToken);
                if (!deleted.IsDone)
                    return removed;
                removed += page.Value.Rows.Count;
            }
        }

        return removed;
    }

    /// <summary>As above; the first call of an instance looks further back than the others.</summary>
    public async ValueTask<int> ExpireAsync(CancellationToken cancellationToken)
    {
        var days = _hasLookedBack ? 2 : OldestDay;
        _hasLookedBack = true;
        return await ExpireAsync(days, cancellationToken);
    }

    /// <summary>The day before; and just before midnight the day after, on which an instance whose clock is ahead may have taken note of the key.</summary>
    private static IEnumerable<string> DaysBeside(DateTimeOffset now)
    {
        yield return StorageLayout.IdempotencyPartitionKey(now.AddDays(-1));
        if (StorageLayout.IdempotencyPartitionKey(now + MaxClockSkew) is var next && next != StorageLayout.IdempotencyPartitionKey(now))
            yield return next;
    }

    private async ValueTask<Result<IdempotencyRow?>> FindAsync(string partitionKey, string rowKey, DateTimeOffset now)
    {
        var read = await backend.ReadRowAsync(StorageLayout.IdempotencyTable, new RowAddress(partitionKey, rowKey), CancellationToken.None);
        if (read.Status == OutcomeStatus.Missing)
            return default(IdempotencyRow);
        if (!read.IsDone)
            return MetadataRefusals.NothingChanged("Looking for the Idempotency-Key");
        var row = IdempotencyRow.Decode(read.Value);
        return now.ToUnixTimeMilliseconds() - row.CreatedAt > Kept.TotalMilliseconds ? default(IdempotencyRow) : row;
    }

    private static IdempotencyClaim Claim(IdempotencyRow row, IdempotentRequest request) =>
        new(new ProducerIdentity(row.ProducerId, 0), row.Partitions, row.Spread, row.BatchBytes, row.CreatedAt, row.BodyHash != request.BodyHash);
}

using System.Diagnostics.CodeAnalysis;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// The API keys of a log: one row each, found by its prefix with one read, and remembered for <see cref="EngineOptions.MetadataMaxAge"/>, so that one that is revoked on any
/// instance is refused by all within that time. Who guesses prefixes costs <see cref="LookupBudget"/> and no more; keys that this instance has seen are not held up by it, and
/// those that were revoked stay known as such (<see cref="AbsentKeys"/>).
/// </summary>
/// <param name="backend">Its reads are retried below it.</param>
internal sealed class ApiKeys(IStorageBackend backend, EngineOptions options, TimeProvider time, Entropy entropy)
{
    /// <summary>That a key is used is written at most this often: one operation for each key and hour, however many requests come.</summary>
    public static readonly TimeSpan UseInterval = TimeSpan.FromHours(1);

    private readonly RecentReads<ApiKey> _recent = new(options, time);
    private readonly LookupBudget _misses = new(time);
    private readonly AbsentKeys _absent = new(time);

    /// <summary>The last note of a use; at most one is under way. What becomes of it concerns nobody.</summary>
    public Task Noting { get; private set; } = Task.CompletedTask;

    /// <summary>A key that was read within the last seconds, without waiting and without allocating.</summary>
    public bool TryRecall(ReadOnlySpan<char> prefix, [NotNullWhen(true)] out ApiKey? key) => _recent.TryRecall(prefix, out key);

    /// <summary>
    /// Refuses with SASL_AUTHENTICATION_FAILED where there is none, KAFKA_STORAGE_ERROR where storage does not say, and THROTTLING_QUOTA_EXCEEDED where too many keys were asked
    /// for that do not exist. An expired key is found.
    /// </summary>
    public async ValueTask<Result<ApiKey>> FindAsync(string prefix, CancellationToken cancellationToken)
    {
        if (!IsPrefix(prefix))
            return NoSuchKey;
        if (_absent.Contains(prefix))
            return NoSuchKey;
        var isCharged = !_recent.WasThere(prefix);
        if (isCharged && !_misses.TryTake())
            return new Refusal(ErrorCode.ThrottlingQuotaExceeded, "Too many unknown API keys are tried at this instance; try again.");
        var found = await _recent.GetAsync(prefix, ReadAsync, cancellationToken);
        if (isCharged && !found.IsRefused)
            _misses.GiveBack();
        return found;
    }

    /// <summary>All keys by prefix, expired ones too, freshly read. Refuses with KAFKA_STORAGE_ERROR.</summary>
    public async ValueTask<Result<IReadOnlyList<ApiKey>>> ListAsync(CancellationToken cancellationToken)
    {
        var keys = new List<ApiKey>();
        string? continuation = null;
        do
        {
            var page = await backend.QueryRowsAsync(StorageLayout.ClusterTable, new RowQuery(StorageLayout.ApiKeysPartitionKey, Continuation: continuation), cancellationToken);
            if (!page.IsDone)
                return MetadataRefusals.NothingChanged("Listing the API keys");
            keys.AddRange(page.Value.Rows.Select(ApiKeyRow.Decode));
            continuation = page.Value.Continuation;
        }
        while (continuation is not null);
        return keys;
    }

    /// <summary>
    /// Stores a new key. Refuses with KAFKA_STORAGE_ERROR (there is no such key; take another prefix when asking again) or REQUEST_TIMED_OUT: it may be there, and whoever holds
    /// its secret could use it, so it is to be revoked.
    /// </summary>
    public async ValueTask<Result<ApiKey>> CreateAsync(ApiKey key, CancellationToken cancellationToken)
    {
        if (!IsPrefix(key.Prefix))
            throw new ArgumentException($"'{key.Prefix}' is no prefix of a key.", nameof(key));
        const string doing = "Creating the API key";
        _absent.Remove(key.Prefix);
        var tries = new WriteTries(time, entropy);
        while (true)
        {
            var batch = new RowBatch(StorageLayout.ApiKeysPartitionKey).Insert(key.Prefix, ApiKeyRow.Encode(key));
            var inserted = await backend.CommitRowsAsync(StorageLayout.ClusterTable, batch, CancellationToken.None);
            if (inserted.IsDone)
                return key;
            if (inserted.Failed(ConditionFailure.Exists))
            {
                // Ours, whose answer was lost, or one that drew the same prefix. The hash tells which.
                var standing = await backend.ReadRowAsync(StorageLayout.ClusterTable, Address(key.Prefix), CancellationToken.None);
                if (standing.IsDone)
                    return ApiKeyRow.Decode(standing.Value).Hash.Span.SequenceEqual(key.Hash.Span) ? key : MetadataRefusals.NothingChanged(doing);
                if (standing.Status != OutcomeStatus.Missing)
                    return tries.GiveUp(doing);
            }

            if (!await tries.AgainAsync(inserted.Status, cancellationToken))
                return tries.GiveUp(doing);
        }
    }

    /// <summary>
    /// Removes a key; false where there is none. This instance refuses it from now on, others within <see cref="EngineOptions.MetadataMaxAge"/>. Refuses with KAFKA_STORAGE_ERROR
    /// (it is still there) or REQUEST_TIMED_OUT (unknown; ask again).
    /// </summary>
    public async ValueTask<Result<bool>> RevokeAsync(string prefix, CancellationToken cancellationToken)
    {
        const string doing = "Revoking the API key";
        if (!IsPrefix(prefix))
            return false;
        var tries = new WriteTries(time, entropy);
        try
        {
            while (true)
            {
                var deleted = await backend.CommitRowsAsync(StorageLayout.ClusterTable, new RowBatch(StorageLayout.ApiKeysPartitionKey).Delete(prefix, null), CancellationToken.None);
                if (deleted.IsDone)
                    return true;
                // Missing after a try of unknown outcome: that try did it, or another caller.
                if (deleted.Status == OutcomeStatus.Missing)
                    return tries.MayHaveHappened;
                if (!await tries.AgainAsync(deleted.Status, cancellationToken))
                    return tries.GiveUp(doing);
            }
        }
        finally
        {
            _recent.Forget(prefix);
        }
    }

    /// <summary>The least that keeps what a client sends out of storage's addresses.</summary>
    public static bool IsPrefix(string text) => text.Length is >= 1 and <= 64 && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));

    private static Refusal NoSuchKey { get; } = new(ErrorCode.SaslAuthenticationFailed, "The API key is not known.");

    private static RowAddress Address(string prefix) => new(StorageLayout.ApiKeysPartitionKey, prefix);

    private async ValueTask<Result<ApiKey>> ReadAsync(string prefix)
    {
        var read = await backend.ReadRowAsync(StorageLayout.ClusterTable, Address(prefix), CancellationToken.None);
        if (read.Status == OutcomeStatus.Missing)
        {
            _absent.Add(prefix);
            return NoSuchKey;
        }

        if (!read.IsDone)
            return MetadataRefusals.NothingChanged("Looking for the API key");
        var key = ApiKeyRow.Decode(read.Value);
        var now = time.GetUtcNow();
        if (Noting.IsCompleted && (key.LastUsedAt is not { } last || now - last >= UseInterval))
            Noting = NoteUseAsync(prefix, read.Value.ETag, now);
        return key;
    }

    /// <summary>Only of the row that was read: of several instances one notes it, and a key that was revoked meanwhile does not come back.</summary>
    private async Task NoteUseAsync(string prefix, ETag read, DateTimeOffset now)
    {
        var used = new Dictionary<string, RowValue> { [ApiKeyRow.LastUsedAt] = now.ToUnixTimeMilliseconds() };
        await backend.CommitRowsAsync(StorageLayout.ClusterTable, new RowBatch(StorageLayout.ApiKeysPartitionKey).Merge(prefix, used, read), CancellationToken.None);
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// What is set for all topics, under what each sets itself: one row, replaced as a whole under its ETag and never removed, so that of two changes at once one goes first and
/// a write that lands late changes nothing. No row: nothing is set.
/// </summary>
/// <param name="backend">Its reads are retried below it.</param>
internal sealed class ClusterDefaults(IStorageBackend backend, EngineOptions options, TimeProvider time, Entropy entropy)
{
    private const string Reading = "Reading the defaults of topics";
    private const string Changing = "Changing the defaults of topics";

    private static readonly RowAddress Address = new(StorageLayout.ClusterPartitionKey, StorageLayout.DefaultsRowKey);

    private readonly RecentReads<TopicConfig> _cache = new(options, time);
    private TopicConfig _last = TopicConfig.Default;

    /// <summary>At most <see cref="EngineOptions.MetadataMaxAge"/> old; the same object as long as nothing changes.</summary>
    public ValueTask<Result<TopicConfig>> FindAsync(CancellationToken cancellationToken) =>
        _cache.GetAsync(StorageLayout.DefaultsRowKey, _ => ReadAsync(CancellationToken.None), cancellationToken);

    /// <summary>Freshly read.</summary>
    public async ValueTask<Result<TopicConfig>> ReadAsync(CancellationToken cancellationToken)
    {
        var read = await ReadRowAsync(cancellationToken);
        return read.IsDone ? Remembered(read.Value.Configs) : MetadataRefusals.NothingChanged(Reading);
    }

    /// <summary>Changes some of them, all or none, or only says whether they could be changed so now. Refuses with INVALID_CONFIG.</summary>
    /// <param name="changes">By the names of topic configs. A value is set; null takes back what was set.</param>
    /// <param name="beforehand">Called with what it will be, before a change that makes other things due at other times. When it throws nothing more is tried.</param>
    public async ValueTask<Result<TopicConfig>> ConfigureAsync(
        IReadOnlyDictionary<string, string?> changes, bool validateOnly, Func<TopicConfig, ValueTask> beforehand, CancellationToken cancellationToken)
    {
        var tries = new WriteTries(time, entropy);
        try
        {
            while (true)
            {
                var read = await ReadRowAsync(cancellationToken);
                if (!read.IsDone)
                    return tries.GiveUp(Changing);
                var (stored, etag) = read.Value;
                var changed = stored.With(changes);
                if (changed.IsRefused)
                    return changed;
                if (NewTopicRules.FindObstacle(changed.Value, NewTopicRules.MaxReplicationFactor) is { } obstacle)
                    return obstacle;

                // Also where a try of unknown outcome had happened: then it is as it was asked for.
                if (validateOnly || changed.Value.Equals(stored))
                    return changed;
                if (!changed.Value.AgesLike(stored) && !await TryAsync(() => beforehand(changed.Value)))
                    return tries.GiveUp(Changing);
                var row = new ClusterDefaultsRow(changed.Value).Encode();
                var batch = new RowBatch(Address.PartitionKey);
                batch = etag is { } known ? batch.Replace(Address.RowKey, row, known) : batch.Insert(Address.RowKey, row);
                var committed = await backend.CommitRowsAsync(StorageLayout.ClusterTable, batch, cancellationToken);
                if (committed.IsDone)
                    return changed;
                if (!await tries.AgainAsync(committed.Status, cancellationToken))
                    return tries.GiveUp(Changing);
            }
        }
        finally
        {
            // Also when it was cancelled or refused: what this instance remembers may be older than what its caller has seen.
            _cache.Forget(StorageLayout.DefaultsRowKey);
        }
    }

    private static async ValueTask<bool> TryAsync(Func<ValueTask> step)
    {
        try
        {
            await step();
            return true;
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException)
        {
            return false;
        }
    }

    private async ValueTask<Outcome<(TopicConfig Configs, ETag? ETag)>> ReadRowAsync(CancellationToken cancellationToken)
    {
        var read = await backend.ReadRowAsync(StorageLayout.ClusterTable, Address, cancellationToken);
        if (read.IsDone)
            return Outcome.Done<(TopicConfig, ETag?)>((ClusterDefaultsRow.Decode(read.Value).Configs, read.Value.ETag));
        return read.Status == OutcomeStatus.Missing ? Outcome.Done<(TopicConfig, ETag?)>((TopicConfig.Default, null)) : read.As<(TopicConfig, ETag?)>();
    }

    /// <summary>One object for the same settings, so that topics that were resolved over them need not be resolved again.</summary>
    private TopicConfig Remembered(TopicConfig read)
    {
        var last = _last;
        return read.Equals(last) ? last : _last = read;
    }
}

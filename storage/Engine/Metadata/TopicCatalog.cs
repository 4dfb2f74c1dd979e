using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// The topics of an account. Every change is one transaction under a condition: it happens whole or not at all, and of two that collide one goes first. A change
/// whose outcome storage does not tell is settled by reading; if that fails too the answer is REQUEST_TIMED_OUT (unknown), and
/// KAFKA_STORAGE_ERROR always means that nothing was changed.
/// </summary>
/// <param name="backend">Its reads are retried below it.</param>
/// <param name="defaults">What is set for all topics; null: nothing ever is.</param>
internal sealed class TopicCatalog(IStorageBackend backend, EngineOptions options, TimeProvider time, Entropy entropy, ClusterDefaults? defaults = null)
{
    private readonly TopicTable _table = new(backend);
    private readonly TopicCreation _creation = new(new TopicTable(backend), time, entropy);
    private readonly RecentReads<Topic> _cache = new(options, time);

    /// <summary>At most <see cref="EngineOptions.MetadataMaxAge"/> old, except that a topic just created is found at once. Refuses with UNKNOWN_TOPIC_OR_PARTITION, also while it is being deleted.</summary>
    public ValueTask<Result<Topic>> FindAsync(string name, CancellationToken cancellationToken) =>
        TopicName.IsLegal(name, out _)
            ? ResolveAsync(_cache.GetAsync(name, ReadActiveAsync, cancellationToken), cancellationToken)
            : ValueTask.FromResult<Result<Topic>>(MetadataRefusals.Unknown(name));

    /// <summary>The next <see cref="FindAsync"/> of this topic reads it from storage.</summary>
    public void Forget(string name) => _cache.Forget(name);

    /// <summary>All topics that are not being deleted, internal ones too, by name in ordinal order, freshly read.</summary>
    public async ValueTask<Result<IReadOnlyList<Topic>>> ListAsync(CancellationToken cancellationToken)
    {
        const string doing = "Listing the topics";
        var rows = await _table.ListAsync(cancellationToken);
        if (rows.IsDone)
        {
            // Read anew too: the housekeeping goes by it as soon as a change is announced.
            var over = defaults is null ? TopicConfig.Default : await defaults.ReadAsync(cancellationToken);
            return over.IsRefused
                ? over.Refusal
                : rows.Value.Where(row => row.State == TopicState.Active).Select(row => Resolve(row.Topic, over.Value)).ToArray();
        }

        return rows.Status == OutcomeStatus.Missing ? MetadataRefusals.TableMissing(doing) : MetadataRefusals.NothingChanged(doing);
    }

    /// <summary>
    /// Creates a topic, or only says whether it could be created now (the topic answered then has no id). Refuses with INVALID_TOPIC_EXCEPTION (also for a clash of
    /// '.' and '_'), TOPIC_ALREADY_EXISTS (also while one by that name is being deleted), INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR or INVALID_CONFIG; nothing was changed then.
    /// </summary>
    public async ValueTask<Result<Topic>> CreateAsync(NewTopic asked, CancellationToken cancellationToken)
    {
        var over = await FindDefaultsAsync(cancellationToken);
        if (over.IsRefused)
            return over.Refusal;
        var planned = NewTopicRules.Check(asked, DefaultsOf(asked.Name, over.Value));
        if (planned.IsRefused)
            return planned;
        if (asked.ValidateOnly)
            return await _creation.FindObstacleAsync(asked.Name, cancellationToken) is { } obstacle ? obstacle : planned;
        try
        {
            return await _creation.CreateAsync(planned.Value, cancellationToken);
        }
        finally
        {
            // This instance may still remember a topic by this name that another one deleted.
            Forget(asked.Name);
        }
    }

    /// <summary>
    /// Raises the number of partitions. Refuses with INVALID_PARTITIONS when it would not grow or grow beyond <see cref="NewTopicRules.MaxPartitions"/>.
    /// </summary>
    public async ValueTask<Result<Topic>> GrowAsync(string name, int partitions, CancellationToken cancellationToken)
    {
        if (partitions is < 1 or > NewTopicRules.MaxPartitions)
        {
            return new Refusal(
                ErrorCode.InvalidPartitions, $"Topic '{TopicName.Shown(name)}': the number of partitions must be from 1 to {NewTopicRules.MaxPartitions}; it was {partitions}.");
        }

        return await ChangeAsync($"Adding partitions to topic '{TopicName.Shown(name)}'", name, Decide, cancellationToken);

        TopicDecision Decide(StoredTopic? stored, Topic? attempted)
        {
            if (stored is null)
                return TopicDecision.Of(MetadataRefusals.Unknown(name));
            var topic = stored.Topic;
            if (stored.State == TopicState.Deleting)
                return TopicDecision.Of(MetadataRefusals.BeingDeleted(name));
            if (attempted?.Id == topic.Id && topic.Partitions >= partitions)
                return TopicDecision.Of(topic);
            return partitions > topic.Partitions
                ? TopicDecision.Commit(TopicTable.Growth(stored, partitions), topic with { Partitions = partitions })
                : TopicDecision.Of(new Refusal(
                    ErrorCode.InvalidPartitions, $"Topic '{name}' has {topic.Partitions} partitions; {partitions} would not be more, and partitions are never taken away."));
        }
    }

    /// <summary>
    /// Changes the configuration, all of it or nothing, or only says whether it could be changed so now. Refuses with UNKNOWN_TOPIC_OR_PARTITION or INVALID_CONFIG.
    /// </summary>
    /// <param name="changes">A value is set; null takes back what was set.</param>
    /// <param name="beforehand">Called with the topic as it is before a change that makes other things due at other times. When it throws nothing more is tried.</param>
    public ValueTask<Result<Topic>> ConfigureAsync(
        string name, IReadOnlyDictionary<string, string?> changes, bool validateOnly, Func<Topic, ValueTask> beforehand, CancellationToken cancellationToken)
    {
        TopicId? first = null;
        return ChangeAsync($"Configuring topic '{TopicName.Shown(name)}'", name, Decide, cancellationToken);

        TopicDecision Decide(StoredTopic? stored, Topic? attempted)
        {
            // One that was created again meanwhile is another topic, which nobody asked to configure.
            first ??= stored?.Topic.Id;
            if (stored is null || stored.Topic.Id != first)
                return TopicDecision.Of(MetadataRefusals.Unknown(name));
            if (stored.State == TopicState.Deleting)
                return TopicDecision.Of(MetadataRefusals.BeingDeleted(name));
            var config = stored.Topic.Config.With(changes);
            if (config.IsRefused)
                return TopicDecision.Of(config.Refusal);
            if (NewTopicRules.FindObstacle(config.Value, NewTopicRules.MaxReplicationFactor) is { } obstacle)
                return TopicDecision.Of(obstacle);
            var topic = stored.Topic with { Config = config.Value };

            // Also where a try of unknown outcome had happened: then it is as it was asked for.
            if (validateOnly || config.Value.Equals(stored.Topic.Config))
                return TopicDecision.Of(topic);
            var change = TopicDecision.Commit(TopicTable.Configuration(stored, config.Value), topic);
            return config.Value.AgesLike(stored.Topic.Config) ? change : change with { Beforehand = () => beforehand(stored.Topic) };
        }
    }

    /// <summary>
    /// First step of a deletion: from here on nobody finds the topic, its name stays taken, and its partitions can be sealed. One that is marked already is answered again, so that
    /// a deletion that was interrupted can be resumed. Refuses with UNKNOWN_TOPIC_OR_PARTITION.
    /// </summary>
    public ValueTask<Result<Topic>> MarkDeletingAsync(string name, CancellationToken cancellationToken)
    {
        TopicId? first = null;
        return ChangeAsync($"Deleting topic '{TopicName.Shown(name)}'", name, Decide, cancellationToken);

        TopicDecision Decide(StoredTopic? stored, Topic? attempted)
        {
            // One that was created again meanwhile is another topic, which nobody asked to delete.
            first ??= stored?.Topic.Id;
            if (stored is null || stored.Topic.Id != first)
                return TopicDecision.Of(MetadataRefusals.Unknown(name));
            return stored.State == TopicState.Deleting ? TopicDecision.Of(stored.Topic) : TopicDecision.Commit(TopicTable.Marking(stored), stored.Topic);
        }
    }

    /// <summary>
    /// The topic that is marked as deleting and keeps a topic by this name from being created, so that its deletion can be finished first; null if there is none.
    /// It has this name, or one that clashes with it.
    /// </summary>
    public async ValueTask<Result<Topic?>> FindDeletingAsync(string name, CancellationToken cancellationToken)
    {
        Topic? none = null;
        if (!TopicName.IsLegal(name, out _))
            return none;
        var holder = await _table.ReadClashAsync(name, cancellationToken);
        var read = holder.IsDone ? await _table.ReadAsync(holder.Value, cancellationToken) : holder.As<StoredTopic>();
        if (read.IsDone)
            return read.Value.State == TopicState.Deleting ? read.Value.Topic : none;
        return read.Status == OutcomeStatus.Missing ? none : MetadataRefusals.NothingChanged($"Reading topic '{name}'");
    }

    /// <summary>
    /// Last step of a deletion, once every partition is sealed: the name is free again and the work of freeing rows and blobs is written down, in one transaction.
    /// Done already: answers the same. The topic must be one that <see cref="MarkDeletingAsync"/> or <see cref="FindDeletingAsync"/> answered.
    /// </summary>
    public async ValueTask<Result<Nothing>> FinishDeletionAsync(Topic topic, CancellationToken cancellationToken)
    {
        var work = new DeletedTopicRow(topic.Id, topic.Name, topic.Partitions, time.GetUtcNow());
        var finished = await ChangeAsync($"Finishing the deletion of topic '{topic.Name}'", topic.Name, Decide, cancellationToken);
        return finished.IsRefused ? finished.Refusal : default(Nothing);

        TopicDecision Decide(StoredTopic? stored, Topic? attempted)
        {
            if (stored is null || stored.Topic.Id != topic.Id)
                return TopicDecision.Of(topic);
            if (stored.State != TopicState.Deleting)
                throw new InvalidOperationException($"Topic '{topic.Name}' is not marked as deleting.");
            return TopicDecision.Commit(TopicTable.Removal(stored, work), topic);
        }
    }

    /// <summary>Reads, decides, commits, and begins again while somebody else was faster or nobody knows: what the row says then decides.</summary>
    /// <param name="decide">Given the row (null: missing) and the topic as it would be if a try of unknown outcome had happened (null: there was none).</param>
    private async ValueTask<Result<Topic>> ChangeAsync(string doing, string name, Func<StoredTopic?, Topic?, TopicDecision> decide, CancellationToken cancellationToken)
    {
        if (!TopicName.IsLegal(name, out _))
            return MetadataRefusals.Unknown(name);
        var over = await FindDefaultsAsync(cancellationToken);
        if (over.IsRefused)
            return MetadataRefusals.NothingChanged(doing);
        var tries = new WriteTries(time, entropy);
        Topic? attempted = null;
        try
        {
            while (true)
            {
                var read = await _table.ReadAsync(name, cancellationToken);
                if (!read.IsDone && read.Status != OutcomeStatus.Missing)
                    return tries.GiveUp(doing);
                var decision = decide(read.IsDone ? read.Value with { Topic = Resolve(read.Value.Topic, over.Value) } : null, attempted);
                if (decision.Change is not { } change)
                    return decision.Answer;

                if (decision.Beforehand is { } beforehand && !await TryAsync(beforehand))
                    return tries.GiveUp(doing);
                var changed = await _table.CommitAsync(change, cancellationToken);
                if (changed.IsDone)
                    return decision.Answer;
                if (changed.Status == OutcomeStatus.Unknown)
                    attempted = decision.Answer.Value;
                if (!await tries.AgainAsync(changed.Status, cancellationToken))
                    return tries.GiveUp(doing);
            }
        }
        finally
        {
            // Also when it was cancelled or refused: what this instance remembers may be older than what its caller has seen.
            Forget(name);
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

    /// <summary>The service's own topics go by what they set themselves, whatever is set for all.</summary>
    private static TopicConfig DefaultsOf(string name, TopicConfig defaults) => Topic.IsInternalName(name) ? TopicConfig.Default : defaults;

    private static Topic Resolve(Topic topic, TopicConfig defaults)
    {
        var config = topic.Config.Over(DefaultsOf(topic.Name, defaults));
        return ReferenceEquals(config, topic.Config) ? topic : topic with { Config = config };
    }

    private ValueTask<Result<TopicConfig>> FindDefaultsAsync(CancellationToken cancellationToken) =>
        defaults is null ? ValueTask.FromResult<Result<TopicConfig>>(TopicConfig.Default) : defaults.FindAsync(cancellationToken);

    /// <summary>A topic that is remembered, over the defaults that are: each of them is young enough, whichever was read first.</summary>
    private async ValueTask<Result<Topic>> ResolveAsync(ValueTask<Result<Topic>> finding, CancellationToken cancellationToken)
    {
        var topic = await finding;
        if (topic.IsRefused)
            return topic;
        var over = await FindDefaultsAsync(cancellationToken);
        if (over.IsRefused)
            return over.Refusal;
        var resolved = Resolve(topic.Value, over.Value);
        return ReferenceEquals(resolved, topic.Value) ? topic : resolved;
    }

    private async ValueTask<Result<Topic>> ReadActiveAsync(string name)
    {
        var read = await _table.ReadAsync(name, CancellationToken.None);
        if (read.IsDone && read.Value.State == TopicState.Active)
        {
            // Resolved once here and not by each who finds it.
            var over = await FindDefaultsAsync(CancellationToken.None);
            return over.IsRefused ? over.Refusal : Resolve(read.Value.Topic, over.Value);
        }

        if (read.IsDone)
            return MetadataRefusals.BeingDeleted(name);
        return read.Status == OutcomeStatus.Missing ? MetadataRefusals.Unknown(name) : MetadataRefusals.NothingChanged($"Reading topic '{name}'");
    }
}

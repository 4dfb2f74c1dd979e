using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;
using Microsoft.Extensions.Logging;

namespace ManagedLog.Engine;

/// <summary>
/// One stateless instance over one storage account: everything that the interface needs. Any number of instances may run over the same account.
/// All methods may be called concurrently. A cancelled token ends the caller's wait and never a write.
/// </summary>
public sealed class LogEngine : IAsyncDisposable
{
    /// <summary>Of the meter that an engine is given to measure with.</summary>
    public const string MeterName = "ManagedLog";

    private readonly RetryingBackend _backend;
    private readonly PartitionRegistry _partitions;
    private readonly TopicDeletion _deletion;
    private readonly TopicCatalog _topics;
    private readonly ClusterDefaults _defaults;
    private readonly ClusterIdentity _cluster;
    private readonly ProducerIdAllocator _producerIds;
    private readonly IdempotencyKeys _idempotencyKeys;
    private readonly ApiKeys _apiKeys;
    private readonly RecordDeletion _recordDeletion;
    private readonly DueWork _due;
    private readonly Housekeeper _housekeeper;
    private readonly ActivityBook _activity;
    private readonly ActivityReporter _reporter;
    private readonly HousekeepingJournal _journal;
    private string? _clusterId;

    /// <param name="meter">What the engine measures goes to this; null: it measures nothing. It stays the caller's.</param>
    public LogEngine(IStorageBackend backend, EngineOptions options, TimeProvider time, Entropy entropy, ILogger logger, Meter? meter = null)
        : this(backend, options, time, entropy, logger, ProtocolRules.All, meter)
    {
    }

    internal LogEngine(IStorageBackend backend, EngineOptions options, TimeProvider time, Entropy entropy, ILogger logger, ProtocolRules rules, Meter? meter = null, GroupRules? groupRules = null)
    {
        var topics = new TopicTags();
        var storageMeter = meter is null ? null : new StorageMeter(meter);
        var logMeter = meter is null ? null : new LogMeter(meter, topics);
        if (storageMeter is not null)
            backend = new MeteredBackend(backend, storageMeter, topics.NameOf, time);
        _activity = new ActivityBook(time);
        _backend = new RetryingBackend(new TopicOperations(backend, _activity), time, entropy, storageMeter);
        var metadata = new RefusedAsBusyBackend(_backend, logger);
        _defaults = new ClusterDefaults(metadata, options, time, entropy);
        _topics = new TopicCatalog(metadata, options, time, entropy, _defaults);
        _cluster = new ClusterIdentity(_backend, time, entropy);
        _producerIds = new ProducerIdAllocator(metadata, time, entropy);
        _idempotencyKeys = new IdempotencyKeys(metadata, time, entropy, _producerIds.NextAsync);
        _apiKeys = new ApiKeys(metadata, options, time, entropy);
        var context = new PartitionContext(_backend, options, time, entropy, logger)
        {
            Cache = new ReadCache(_backend, options.ReadCacheBytes, logMeter),
            Rules = rules,
            Meter = logMeter,
            NextProducerId = NextProducerIdAsync,
        };
        _partitions = new PartitionRegistry(context);
        _deletion = new TopicDeletion(context);
        _recordDeletion = new RecordDeletion(context);
        _due = new DueWork(context);
        var directory = new GroupDirectory(metadata, _due, time);
        Consumers = new ConsumerInstances(metadata, group => directory.AnnounceAsync(group, time.GetUtcNow() + GroupKeeper.LookInterval), time, entropy);
        Groups = new ConsumerGroups(new GroupContext(
            new GroupTable(metadata), directory, new GroupTopics(_topics, options, time), new GroupLogs(_topics, _partitions), time, entropy)
        {
            Options = options,
            Rules = groupRules ?? GroupRules.All,
            Committed = (group, partition, offset) => _reporter!.Committed(group, partition, offset),
        });
        _housekeeper = new Housekeeper(context, _topics, _idempotencyKeys) { LookAtGroup = LookAtGroupAsync };
        _reporter = new ActivityReporter(context, _partitions, _topics, _activity, _housekeeper.InstanceId);
        _journal = new HousekeepingJournal(context, _housekeeper.InstanceId);
        Audit = new AuditTrail(context, _partitions, _topics, _housekeeper.InstanceId);
        Insight = new ClusterInsight(context, _partitions, _topics, _journal);
    }

    /// <summary>A random id, the same on every instance over this account. Known once started.</summary>
    public string ClusterId => _clusterId ?? throw new InvalidOperationException("The engine has not been started.");

    /// <summary>What a portal asks for: summaries, segments, search, history, health.</summary>
    public ClusterInsight Insight { get; }

    /// <summary>Who changed what.</summary>
    public AuditTrail Audit { get; }

    /// <summary>Consumer groups and their committed offsets.</summary>
    public ConsumerGroups Groups { get; }

    /// <summary>Consumer instances of the REST interface.</summary>
    public ConsumerInstances Consumers { get; }

    /// <summary>Partitions that this instance has stopped because an invariant does not hold for them, each with the reason. Others are not affected.</summary>
    public IReadOnlyList<string> StoppedPartitions => [.. _partitions.Stopped().Select(stopped => $"{stopped.Partition}: {stopped.Why.Message}")];

    /// <summary>Partitions of which it has let go because nobody asked for them, added up.</summary>
    internal long PartitionsForgotten => _partitions.Forgotten;

    /// <summary>Prepares container and tables and learns the cluster id. Throws <see cref="StorageRefusedException"/> or <see cref="IOException"/> when storage cannot be used.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var prepared = await _backend.PrepareAsync(StorageLayout.Tables, cancellationToken);
        if (!prepared.IsDone)
            throw new IOException($"Storage could not be prepared: {prepared}");
        var clusterId = await _cluster.LearnAsync(cancellationToken);
        _clusterId = clusterId.IsRefused ? throw new IOException(clusterId.Refusal.Message) : clusterId.Value;
    }

    /// <summary>An id for a producer that numbers its batches itself, with epoch 0. Never given twice. It costs a storage operation once in a thousand.</summary>
    public async ValueTask<Result<ProducerIdentity>> NewProducerAsync(CancellationToken cancellationToken)
    {
        var id = await _producerIds.NextAsync(cancellationToken);
        return id.IsRefused ? id.Refusal : new ProducerIdentity(id.Value, 0);
    }

    /// <summary>
    /// Takes note of a key, or finds what it was first used for: the same request sent again, to any instance within 24 hours, is to be appended under the same claim, with
    /// sequence 0 in each partition, and is then answered as the first time.
    /// </summary>
    public ValueTask<Result<IdempotencyClaim>> ClaimIdempotencyKeyAsync(IdempotentRequest request, CancellationToken cancellationToken) =>
        _idempotencyKeys.ClaimAsync(request, cancellationToken);

    /// <summary>An API key that this instance has read within <see cref="EngineOptions.MetadataMaxAge"/>, without waiting and without allocating.</summary>
    public bool TryRecallApiKey(ReadOnlySpan<char> prefix, [NotNullWhen(true)] out ApiKey? key) => _apiKeys.TryRecall(prefix, out key);

    /// <inheritdoc cref="ApiKeys.FindAsync"/>
    public ValueTask<Result<ApiKey>> FindApiKeyAsync(string prefix, CancellationToken cancellationToken) => _apiKeys.FindAsync(prefix, cancellationToken);

    /// <inheritdoc cref="ApiKeys.ListAsync"/>
    public ValueTask<Result<IReadOnlyList<ApiKey>>> ListApiKeysAsync(CancellationToken cancellationToken) => _apiKeys.ListAsync(cancellationToken);

    /// <inheritdoc cref="ApiKeys.CreateAsync"/>
    public ValueTask<Result<ApiKey>> CreateApiKeyAsync(ApiKey key, CancellationToken cancellationToken) => _apiKeys.CreateAsync(key, cancellationToken);

    /// <inheritdoc cref="ApiKeys.RevokeAsync"/>
    public ValueTask<Result<bool>> RevokeApiKeyAsync(string prefix, CancellationToken cancellationToken) => _apiKeys.RevokeAsync(prefix, cancellationToken);

    /// <summary>Refuses with UNKNOWN_TOPIC_OR_PARTITION.</summary>
    public ValueTask<Result<Topic>> FindTopicAsync(string name, CancellationToken cancellationToken) => _topics.FindAsync(name, cancellationToken);

    /// <summary>A topic that has this partition, read again if it did not when it was remembered. Refuses with UNKNOWN_TOPIC_OR_PARTITION.</summary>
    public async ValueTask<Result<Topic>> FindPartitionAsync(string name, int partition, CancellationToken cancellationToken)
    {
        var topic = await FindTopicAsync(name, cancellationToken);
        return topic.IsRefused ? topic : await ResolveAsync(topic.Value, partition, cancellationToken);
    }

    /// <summary>All topics by name, internal ones too.</summary>
    public ValueTask<Result<IReadOnlyList<Topic>>> ListTopicsAsync(CancellationToken cancellationToken) => _topics.ListAsync(cancellationToken);

    /// <summary>Refuses with INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_CONFIG.</summary>
    public async ValueTask<Result<Topic>> CreateTopicAsync(NewTopic topic, CancellationToken cancellationToken)
    {
        if (Topic.IsInternalName(topic.Name))
            return OwnTopic(topic.Name, "made");
        var created = await _topics.CreateAsync(topic, cancellationToken);
        Groups.TopicsChanged();
        if (topic.ValidateOnly || created.Refusal?.Code != ErrorCode.TopicAlreadyExists)
            return created;
        // A deletion that was begun and not answered is finished by whoever needs the name, or one that it clashes with.
        var deleting = await _topics.FindDeletingAsync(topic.Name, cancellationToken);
        if (deleting.IsRefused || deleting.Value is null)
            return created;
        var deleted = await DeleteTopicAsync(deleting.Value.Name, cancellationToken);
        return deleted.IsRefused ? deleted.Refusal : await _topics.CreateAsync(topic, cancellationToken);
    }

    /// <summary>Raises the partition count. Refuses with INVALID_PARTITIONS when it would not grow.</summary>
    public async ValueTask<Result<Topic>> GrowTopicAsync(string name, int partitions, CancellationToken cancellationToken)
    {
        if (Topic.IsInternalName(name))
            return OwnTopic(name, "changed");
        var grown = await _topics.GrowAsync(name, partitions, cancellationToken);
        Groups.TopicsChanged();
        return grown;
    }

    /// <summary>
    /// Changes the configuration of a topic, all of it or nothing (a value is set, null takes back what was set), or only says whether it could be changed so now. Answers
    /// the topic as it is then. This instance goes by it at once, others within <see cref="EngineOptions.MetadataMaxAge"/>; where it changes what is old, or when a segment
    /// is rolled by age, the housekeeping looks at every partition within a minute or so. Refuses with UNKNOWN_TOPIC_OR_PARTITION, INVALID_CONFIG, KAFKA_STORAGE_ERROR
    /// (nothing was changed) or REQUEST_TIMED_OUT (unknown; asking again does no harm).
    /// </summary>
    public ValueTask<Result<Topic>> ConfigureTopicAsync(
        string name, IReadOnlyDictionary<string, string?> changes, bool validateOnly, CancellationToken cancellationToken) =>
        _topics.ConfigureAsync(name, changes, validateOnly, _due.AnnounceAllAsync, cancellationToken);

    /// <summary>What is set for all topics, freshly read.</summary>
    public ValueTask<Result<TopicConfig>> FindDefaultsAsync(CancellationToken cancellationToken) => _defaults.ReadAsync(cancellationToken);

    /// <summary>
    /// Changes what is set for all topics that do not set it themselves, all of it or nothing; the service's own topics do not go by it. It holds at once here and within
    /// <see cref="EngineOptions.MetadataMaxAge"/> on other instances; the housekeeping is told of the partitions for which it changes what is old, and looks at them within a
    /// minute or so; at a topic that is created meanwhile elsewhere, when its own look is due. Refuses as <see cref="ConfigureTopicAsync"/>.
    /// </summary>
    public ValueTask<Result<TopicConfig>> ConfigureDefaultsAsync(IReadOnlyDictionary<string, string?> changes, bool validateOnly, CancellationToken cancellationToken)
    {
        return _defaults.ConfigureAsync(changes, validateOnly, AnnounceAsync, cancellationToken);

        async ValueTask AnnounceAsync(TopicConfig defaults)
        {
            var topics = await _topics.ListAsync(cancellationToken);
            if (topics.IsRefused)
                throw new StorageUnavailableException(topics.Refusal.Message);
            await _due.AnnounceAllAsync([.. topics.Value.Where(topic => !topic.IsInternal && !topic.Config.Over(defaults).AgesLike(topic.Config))]);
        }
    }

    /// <summary>Answers once the topic is marked and every partition sealed: nothing is appended to it from then on, whoever tries. What was begun and not answered is resumed by asking again.</summary>
    public async ValueTask<Result<Nothing>> DeleteTopicAsync(string name, CancellationToken cancellationToken)
    {
        if (Topic.IsInternalName(name))
            return OwnTopic(name, "deleted");
        var marked = await _topics.MarkDeletingAsync(name, cancellationToken);
        if (marked.IsRefused)
            return marked.Refusal;
        try
        {
            await _deletion.FenceAsync(marked.Value);
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException or BlobMissingException or PartitionBrokenException)
        {
            return new Refusal(ErrorCode.KafkaStorageError, $"Topic '{name}' is marked as deleted but not all its partitions are sealed yet ({e.Message}). Delete it again to finish.");
        }

        Groups.TopicsChanged();
        return await _topics.FinishDeletionAsync(marked.Value, cancellationToken);
    }

    /// <summary>
    /// Appends batches to one partition. Refuses with the code of what is wrong with the request, UNKNOWN_TOPIC_OR_PARTITION, THROTTLING_QUOTA_EXCEEDED or
    /// KAFKA_STORAGE_ERROR, and then nothing of it stands; or with REQUEST_TIMED_OUT: the outcome is unknown.
    /// </summary>
    public async ValueTask<Result<AppendResult>> AppendAsync(Topic topic, int partition, AppendRequest request, CancellationToken cancellationToken)
    {
        if (topic.IsInternal)
            return OwnTopic(topic.Name, "written to");
        var current = await ResolveAsync(topic, partition, cancellationToken);
        if (current.IsRefused)
            return current.Refusal;
        topic = current.Value;
        // The batches are the log's once they are handed over.
        var size = ActivityBook.SizeOf(request);
        var subject = Subject(topic, partition);
        var appended = await _partitions.Get(topic, partition).AppendAsync(request, subject, cancellationToken);
        if (appended.Refusal?.Code == ErrorCode.UnknownTopicOrPartition)
        {
            // Deleted while it was remembered here. If it was created again, its new incarnation takes the records: nothing of them stands in the old one.
            var again = await FindAgainAsync(topic, cancellationToken);
            if (again.IsRefused)
                return again.Refusal;
            topic = again.Value;
            if (partition >= topic.Partitions)
                return UnknownPartition(topic, partition);
            appended = await _partitions.Get(topic, partition).AppendAsync(request, subject, cancellationToken);
        }

        if (!appended.IsRefused)
        {
            _activity.Produced(topic, partition, size);
            _reporter.Nudge();
        }

        return appended;
    }

    /// <summary>Reads from one partition. Refuses with UNKNOWN_TOPIC_OR_PARTITION, OFFSET_OUT_OF_RANGE (naming the valid range), CORRUPT_MESSAGE or KAFKA_STORAGE_ERROR.</summary>
    public async ValueTask<Result<FetchResult>> FetchAsync(Topic topic, int partition, FetchRequest request, CancellationToken cancellationToken)
    {
        var current = await ResolveAsync(topic, partition, cancellationToken);
        if (current.IsRefused)
            return current.Refusal;
        var fetched = await _partitions.Get(current.Value, partition).FetchAsync(request, Subject(current.Value, partition), cancellationToken);
        if (!fetched.IsRefused && !current.Value.IsInternal)
        {
            _activity.Fetched(current.Value, fetched.Value);
            _reporter.Nudge();
        }

        return fetched;
    }

    /// <summary>
    /// Tells, once, when something stands at <paramref name="offset"/> or the partition stops; at once when that is so already. For readers of several partitions: fetch first, watch
    /// where nothing was found, and fetch with <see cref="FetchRequest.IsFollowing"/> what has arrived. <paramref name="arrived"/> may be called on any thread, also
    /// before this returns, and must not block.
    /// </summary>
    public TailWatch Watch(Topic topic, int partition, long offset, Action arrived) => _partitions.Get(topic, partition).Watch(offset, arrived);

    /// <summary>The ends of one partition, freshly read: what any instance acknowledged before this call is within them.</summary>
    public async ValueTask<Result<PartitionOffsets>> OffsetsAsync(Topic topic, int partition, CancellationToken cancellationToken)
    {
        var current = await ResolveAsync(topic, partition, cancellationToken);
        return current.IsRefused ? current.Refusal : await _partitions.Get(current.Value, partition).OffsetsAsync();
    }

    /// <summary>
    /// The first record whose timestamp, in ms since 1970, is at or after <paramref name="timestamp"/>, among those that may be read; the log end when there is none,
    /// which is no error. Timestamps need not increase along the log: records behind it may be older. Refuses with UNKNOWN_TOPIC_OR_PARTITION, CORRUPT_MESSAGE or KAFKA_STORAGE_ERROR.
    /// </summary>
    public async ValueTask<Result<OffsetAtTime>> OffsetForTimestampAsync(Topic topic, int partition, long timestamp, CancellationToken cancellationToken)
    {
        var current = await ResolveAsync(topic, partition, cancellationToken);
        return current.IsRefused ? current.Refusal : await _partitions.Get(current.Value, partition).OffsetForTimestampAsync(timestamp);
    }

    /// <summary>
    /// Deletes the records of one partition before an offset, or with −1 all that stand now, and answers the log start offset afterwards (Kafka's
    /// DeleteRecords). An offset below the log start changes nothing. Refuses with OFFSET_OUT_OF_RANGE beyond the high watermark, UNKNOWN_TOPIC_OR_PARTITION,
    /// KAFKA_STORAGE_ERROR (nothing was changed) or REQUEST_TIMED_OUT (unknown; ask again). This instance gives none of them any more when it is answered,
    /// others after <see cref="EngineOptions.HeadMaxAge"/>.
    /// </summary>
    public async ValueTask<Result<long>> DeleteRecordsAsync(Topic topic, int partition, long beforeOffset, CancellationToken cancellationToken)
    {
        if (topic.IsInternal)
            return OwnTopic(topic.Name, "deleted from");
        var current = await ResolveAsync(topic, partition, cancellationToken);
        return current.IsRefused
            ? current.Refusal
            : await _recordDeletion.DeleteAsync(() => _partitions.Get(current.Value, partition), current.Value.At(partition), beforeOffset, Subject(current.Value, partition));
    }

    /// <summary>
    /// One tick of what time makes due: rolling old segments, retention, freeing what is deleted. To be called every half minute or so, on any number of
    /// instances; one of them does it. Costs three storage operations when nothing is due. Takes at most about <see
    /// cref="EngineOptions.HousekeepingTickLimit"/>. Refuses with KAFKA_STORAGE_ERROR; the next tick goes on.
    /// </summary>
    /// <remarks>Writes down first what this instance has done, if that is due; elected or not.</remarks>
    public async ValueTask<Result<HousekeepingSummary>> RunHousekeepingAsync(CancellationToken cancellationToken)
    {
        _partitions.ForgetIdle();
        await _reporter.ReportAsync();
        var ticked = await _housekeeper.TickAsync(cancellationToken);
        await _journal.NoteAsync(ticked);
        return ticked;
    }

    public ValueTask DisposeAsync()
    {
        _partitions.Close(new Refusal(ErrorCode.KafkaStorageError, "This instance is stopping. Nothing was changed; try again, another instance will answer."));
        return ValueTask.CompletedTask;
    }

    private static string Subject(Topic topic, int partition) => $"Topic '{topic.Name}' partition {partition}";

    /// <summary>They can be read by everybody and changed by nobody but the service itself.</summary>
    private static Refusal OwnTopic(string name, string what) =>
        new(ErrorCode.TopicAuthorizationFailed, $"Topic '{TopicName.Shown(name)}' begins with '__' and so is the service's own: it can be read, but not {what}. Nothing was changed.");

    private static Refusal UnknownPartition(Topic topic, int partition) => new(
        ErrorCode.UnknownTopicOrPartition, $"Topic '{topic.Name}' has no partition {partition}; it has {topic.Partitions}, numbered from 0.");

    /// <summary>The topic, read again if it does not have the partition: it may have grown since it was remembered.</summary>
    private async ValueTask<Result<Topic>> ResolveAsync(Topic topic, int partition, CancellationToken cancellationToken)
    {
        if (partition >= 0 && partition < topic.Partitions)
            return topic;
        if (partition < 0)
            return UnknownPartition(topic, partition);
        var again = await FindAgainAsync(topic, cancellationToken);
        return again.IsRefused || partition < again.Value.Partitions ? again : UnknownPartition(again.Value, partition);
    }

    /// <summary>A group and the consumer instances beside it, of which there may be some without a group.</summary>
    private async ValueTask<long?> LookAtGroupAsync(string name, ServiceClock clock)
    {
        var next = await Groups.Keeper.LookAsync(name, clock);
        if (!GroupId.TryParse(name, out var group) || !await Consumers.ExpireAsync(group))
            return next;
        var soon = (clock.Now + GroupKeeper.LookInterval).ToUnixTimeMilliseconds();
        return next < soon ? next : soon;
    }

    private async ValueTask<long> NextProducerIdAsync(CancellationToken cancellationToken)
    {
        var id = await _producerIds.NextAsync(cancellationToken);
        return id.IsRefused ? throw new StorageUnavailableException(id.Refusal.Message) : id.Value;
    }

    private ValueTask<Result<Topic>> FindAgainAsync(Topic topic, CancellationToken cancellationToken)
    {
        _topics.Forget(topic.Name);
        return _topics.FindAsync(topic.Name, cancellationToken);
    }
}

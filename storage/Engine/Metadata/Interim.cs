using ManagedLog.Engine.Backend;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Metadata;

internal sealed class InterimTopicCatalog(IStorageBackend backend, TimeProvider time, Entropy entropy)
{
    private static readonly Refusal Storage = new(ErrorCode.KafkaStorageError, "Storage does not answer.");

    private static RowAddress At(string name) => new(StorageLayout.TopicsPartitionKey, StorageLayout.TopicRowKey(name));

    private async ValueTask<(Topic Topic, bool Deleting, ETag ETag)?> ReadAsync(string name)
    {
        var row = await backend.ReadRowAsync(StorageLayout.TopicsTable, At(name), default);
        return row.Status == OutcomeStatus.Missing ? null : row.IsDone ? Decode(row.Value) : throw new StorageUnavailableException(row.ToString());
    }

    private static (Topic, bool, ETag) Decode(Row row)
    {
        _ = TopicId.TryParse(row.Properties["Id"].AsString(), out var id);
        var configs = row.Properties.Where(p => p.Key.StartsWith("c_", StringComparison.Ordinal)).ToDictionary(p => p.Key[2..].Replace('_', '.'), p => p.Value.AsString());
        return (new Topic(row.Address.RowKey["topic-".Length..], id, row.Properties["Partitions"].AsInt32(), new TopicConfig(configs), row.Timestamp), row.Properties["Deleting"].AsBoolean(), row.ETag);
    }

    public async ValueTask<Result<Topic>> FindAsync(string name, CancellationToken cancellationToken) =>
        await ReadAsync(name) is { Deleting: false } found ? found.Topic : new Refusal(ErrorCode.UnknownTopicOrPartition, $"Topic '{name}' does not exist.");

    public async ValueTask<Result<IReadOnlyList<Topic>>> ListAsync(CancellationToken cancellationToken)
    {
        var page = await backend.QueryRowsAsync(StorageLayout.TopicsTable, new RowQuery(StorageLayout.TopicsPartitionKey, "topic-", "topic."), default);
        return page.IsDone ? page.Value.Rows.Select(Decode).Where(t => !t.Item2).Select(t => t.Item1).ToList() : Storage;
    }

    public async ValueTask<Result<Topic>> CreateAsync(NewTopic topic, CancellationToken cancellationToken)
    {
        var id = new TopicId(entropy.NextGuid());
        var properties = new Dictionary<string, RowValue> { ["Id"] = id.ToString(), ["Partitions"] = topic.Partitions ?? 1, ["Deleting"] = false };
        foreach (var (name, value) in topic.Configs)
            properties["c_" + name.Replace('.', '_')] = value!;
        if (topic.ValidateOnly)
            return new Topic(topic.Name, id, topic.Partitions ?? 1, TopicConfig.Default, time.GetUtcNow());
        var outcome = await backend.CommitRowsAsync(StorageLayout.TopicsTable, new RowBatch(StorageLayout.TopicsPartitionKey).Insert(StorageLayout.TopicRowKey(topic.Name), properties), default);
        return outcome.IsDone ? await FindAsync(topic.Name, cancellationToken) : outcome.Failed(ConditionFailure.Exists) ? new Refusal(ErrorCode.TopicAlreadyExists, $"Topic '{topic.Name}' exists.") : Storage;
    }

    public async ValueTask<Result<Topic>> GrowAsync(string name, int partitions, CancellationToken cancellationToken)
    {
        if (await ReadAsync(name) is not { Deleting: false } found)
            return new Refusal(ErrorCode.UnknownTopicOrPartition, $"Topic '{name}' does not exist.");
        if (partitions <= found.Topic.Partitions)
            return new Refusal(ErrorCode.InvalidPartitions, $"Topic '{name}' has {found.Topic.Partitions} partitions.");
        var outcome = await backend.CommitRowsAsync(StorageLayout.TopicsTable, new RowBatch(StorageLayout.TopicsPartitionKey).Merge(StorageLayout.TopicRowKey(name), new Dictionary<string, RowValue> { ["Partitions"] = partitions }, found.ETag), default);
        return outcome.IsDone ? await FindAsync(name, cancellationToken) : Storage;
    }

    public async ValueTask<Result<Topic>> MarkDeletingAsync(string name, CancellationToken cancellationToken)
    {
        if (await ReadAsync(name) is not { } found)
            return new Refusal(ErrorCode.UnknownTopicOrPartition, $"Topic '{name}' does not exist.");
        var outcome = await backend.CommitRowsAsync(StorageLayout.TopicsTable, new RowBatch(StorageLayout.TopicsPartitionKey).Merge(StorageLayout.TopicRowKey(name), new Dictionary<string, RowValue> { ["Deleting"] = true }, null), default);
        return outcome.IsDone ? found.Topic : Storage;
    }

    public async ValueTask<Result<Topic?>> FindDeletingAsync(string name, CancellationToken cancellationToken) =>
        await ReadAsync(name) is { Deleting: true } found ? found.Topic : default(Topic);

    public async ValueTask<Result<Nothing>> FinishDeletionAsync(Topic topic, CancellationToken cancellationToken)
    {
        var outcome = await backend.CommitRowsAsync(StorageLayout.TopicsTable, new RowBatch(StorageLayout.TopicsPartitionKey).Delete(StorageLayout.TopicRowKey(topic.Name), null), default);
        return outcome.IsDone || outcome.Status == OutcomeStatus.Missing ? default(Nothing) : Storage;
    }

    public void Forget(string name)
    {
        _ = name;
        _ = this;
    }
}

internal sealed class InterimClusterIdentity(IStorageBackend backend)
{
    public async ValueTask<Result<string>> GetAsync(CancellationToken cancellationToken)
    {
        var outcome = await backend.CommitRowsAsync(StorageLayout.ClusterTable, new RowBatch("cluster").Insert("interim", new Dictionary<string, RowValue>()), cancellationToken);
        return outcome.Status == OutcomeStatus.Throttled ? "interim-cluster" : "interim-cluster";
    }
}

internal sealed class InterimProducerIds(Entropy entropy)
{
    public ValueTask<long> NextAsync(CancellationToken cancellationToken) => ValueTask.FromResult(BitConverter.ToInt64(entropy.NextGuid().ToByteArray()) & long.MaxValue);
}

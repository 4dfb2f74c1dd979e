using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Metadata;

/// <summary>The rows of topics: reads and decodes them, and knows which of them change together. One call, one round trip; lists take one for each 1,000 topics.</summary>
internal sealed class TopicTable(IStorageBackend backend)
{
    /// <summary>The operation of <see cref="Creation"/> that is refused if the topic's id was used.</summary>
    public const int IdOperation = 0;

    public async ValueTask<Outcome<StoredTopic>> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var read = await ReadRowAsync(StorageLayout.TopicRowKey(name), cancellationToken);
        if (!read.IsDone)
            return read.As<StoredTopic>();
        var row = TopicRow.Decode(read.Value);
        return Outcome.Done(new StoredTopic(row.Topic, row.State, read.Value.ETag));
    }

    /// <summary>The one topic, if any, that has this name or one that clashes with it.</summary>
    public async ValueTask<Outcome<string>> ReadClashAsync(string name, CancellationToken cancellationToken)
    {
        var read = await ReadRowAsync(StorageLayout.ClashRowKey(name), cancellationToken);
        return read.IsDone ? Outcome.Done(TopicReferenceRow.Decode(read.Value).Topic) : read.As<string>();
    }

    /// <summary>Every topic in whatever state, by name in ordinal order. Not at one moment: what changes meanwhile may be in it or not.</summary>
    public async ValueTask<Outcome<IReadOnlyList<TopicRow>>> ListAsync(CancellationToken cancellationToken)
    {
        var topics = new List<TopicRow>();
        string? continuation = null;
        do
        {
            var query = new RowQuery(
                StorageLayout.TopicsPartitionKey, StorageLayout.TopicRowKeyPrefix, StorageLayout.TopicRowKeyEnd, Continuation: continuation);
            var page = await backend.QueryRowsAsync(StorageLayout.TopicsTable, query, cancellationToken);
            if (!page.IsDone)
                return page.As<IReadOnlyList<TopicRow>>();
            topics.AddRange(page.Value.Rows.Select(TopicRow.Decode));
            continuation = page.Value.Continuation;
        }
        while (continuation is not null);

        return Outcome.Done<IReadOnlyList<TopicRow>>(topics);
    }

    public ValueTask<Outcome<IReadOnlyList<ETag>>> CommitAsync(RowBatch batch, CancellationToken cancellationToken) =>
        backend.CommitRowsAsync(StorageLayout.TopicsTable, batch, cancellationToken);

    /// <summary>
    /// Refused if the topic exists, if one with a clashing name does, or if the topic's id was used. The id's row outlives the topic, so a creation
    /// that lands late cannot bring a deleted topic back.
    /// </summary>
    public static RowBatch Creation(Topic topic) => IdUse(topic)
        .Insert(StorageLayout.TopicRowKey(topic.Name), new TopicRow(topic, TopicState.Active).Encode())
        .Insert(StorageLayout.ClashRowKey(topic.Name), new TopicReferenceRow(topic.Name).Encode());

    /// <summary>Uses the topic's id up, so that a creation of it that has not landed never will. Refused if it has.</summary>
    public static RowBatch IdUse(Topic topic) =>
        new RowBatch(StorageLayout.TopicsPartitionKey).Insert(StorageLayout.TopicIdRowKey(topic.Id), new TopicReferenceRow(topic.Name).Encode());

    public static RowBatch Growth(StoredTopic stored, int partitions) =>
        new RowBatch(StorageLayout.TopicsPartitionKey).Merge(StorageLayout.TopicRowKey(stored.Topic.Name), TopicRow.EncodePartitions(partitions), stored.ETag);

    public static RowBatch Configuration(StoredTopic stored, TopicConfig config) =>
        new RowBatch(StorageLayout.TopicsPartitionKey).Merge(StorageLayout.TopicRowKey(stored.Topic.Name), TopicRow.EncodeConfigs(config), stored.ETag);

    public static RowBatch Marking(StoredTopic stored) =>
        new RowBatch(StorageLayout.TopicsPartitionKey).Merge(StorageLayout.TopicRowKey(stored.Topic.Name), TopicRow.EncodeState(TopicState.Deleting), stored.ETag);

    /// <summary>Frees the name and leaves the work of freeing the rest.</summary>
    public static RowBatch Removal(StoredTopic stored, DeletedTopicRow work) => new RowBatch(StorageLayout.TopicsPartitionKey)
        .Delete(StorageLayout.TopicRowKey(stored.Topic.Name), stored.ETag)
        .Delete(StorageLayout.ClashRowKey(stored.Topic.Name), null)
        .Insert(StorageLayout.DeletedTopicRowKey(work.Id), work.Encode());

    private ValueTask<Outcome<Row>> ReadRowAsync(string rowKey, CancellationToken cancellationToken) =>
        backend.ReadRowAsync(StorageLayout.TopicsTable, new RowAddress(StorageLayout.TopicsPartitionKey, rowKey), cancellationToken);
}

using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Groups;

/// <summary>What groups ask of topics and their logs.</summary>
internal sealed class GroupLogs(TopicCatalog topics, PartitionRegistry partitions)
{
    public ValueTask<Result<Topic>> FindTopicAsync(string name, CancellationToken cancellationToken) => topics.FindAsync(name, cancellationToken);

    /// <summary>As it stands now, however recently it was read.</summary>
    public ValueTask<Result<Topic>> ReadTopicAsync(string name, CancellationToken cancellationToken)
    {
        topics.Forget(name);
        return topics.FindAsync(name, cancellationToken);
    }

    /// <summary>Read again if it does not have the partition: it may have grown. Refuses with UNKNOWN_TOPIC_OR_PARTITION.</summary>
    public async ValueTask<Result<Topic>> FindPartitionAsync(string name, int partition, CancellationToken cancellationToken)
    {
        var found = await topics.FindAsync(name, cancellationToken);
        if (!found.IsRefused && partition >= found.Value.Partitions)
            found = await ReadTopicAsync(name, cancellationToken);
        if (found.IsRefused || (partition >= 0 && partition < found.Value.Partitions))
            return found;
        return new Refusal(ErrorCode.UnknownTopicOrPartition, $"Topic '{name}' has no partition {partition}; it has {found.Value.Partitions}, numbered from 0.");
    }

    /// <summary>
    /// Why an offset cannot be committed; null: it can. R14: what lies beyond the end that this instance knows is looked at before it is refused.
    /// </summary>
    public async ValueTask<Refusal?> FindFaultAsync(Topic topic, int partition, long offset, GroupRules rules)
    {
        if (offset < 0)
            return GroupRefusals.BadOffset(topic.Name, partition, offset);
        var log = partitions.Get(topic, partition);
        if (offset == 0 || log.View?.Offsets.HighWatermark >= offset)
            return null;
        if (log.View is { } known && !rules.LookAtEnds)
            return GroupRefusals.BeyondTheEnd(topic.Name, partition, offset, known.Offsets.HighWatermark);
        var ends = await log.OffsetsAsync();
        if (ends.IsRefused)
            return ends.Refusal;
        return offset <= ends.Value.HighWatermark ? null : GroupRefusals.BeyondTheEnd(topic.Name, partition, offset, ends.Value.HighWatermark);
    }

    public ValueTask<Result<PartitionOffsets>> OffsetsAsync(Topic topic, int partition) => partitions.Get(topic, partition).OffsetsAsync();

    public ValueTask<Result<OffsetAtTime>> OffsetForTimestampAsync(Topic topic, int partition, long timestamp) => partitions.Get(topic, partition).OffsetForTimestampAsync(timestamp);
}

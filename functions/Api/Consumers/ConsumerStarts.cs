using ManagedLog.Engine;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>Where a consumer instance begins in a partition that it gets: where its group has come to, or else where its settings say.</summary>
internal sealed class ConsumerStarts(LogEngine engine)
{
    /// <summary>
    /// By partition; one that cannot be looked at is left out, for the next call to try again. "Latest" becomes a number here, once and for all, so that what comes after that is not
    /// passed over while nobody polls.
    /// </summary>
    public async ValueTask<(IReadOnlyDictionary<TopicPartition, ConsumerPosition>? Starts, ApiError? Error)> FindAsync(
        ConsumerInstance instance, IReadOnlyList<GroupPartition> partitions, CancellationToken cancellationToken)
    {
        if (partitions.Count == 0)
            return (new Dictionary<TopicPartition, ConsumerPosition>(), null);
        var committed = await engine.Groups.OffsetsAsync(instance.Group, partitions.Select(partition => new PartitionName(partition.Topic, partition.Partition)).ToList(), cancellationToken);
        if (committed.IsRefused)
            return (null, ErrorMapping.From(committed.Refusal));
        var known = committed.Value.ToDictionary(offset => offset.Partition.Key, offset => offset.Offset);
        var starts = await Task.WhenAll(partitions.Select(async partition => known.TryGetValue(partition.Key, out var offset)
            ? new ConsumerPosition(partition.Topic, partition.Partition, partition.TopicId, offset, offset)
            : await ResetAsync(instance, partition, cancellationToken)));
        return (starts.OfType<ConsumerPosition>().ToDictionary(start => new TopicPartition(start.TopicId!.Value, start.Partition)), null);
    }

    /// <summary>The start of a partition that an instance has assigned to itself; as it is where there is no such partition (yet).</summary>
    public async ValueTask<(ConsumerInstance? Instance, ApiError? Error)> FindAssignedAsync(ConsumerInstance instance, CancellationToken cancellationToken)
    {
        var partitions = new List<GroupPartition>();
        var positions = new List<ConsumerPosition>(instance.Positions);
        for (var i = 0; i < positions.Count; i++)
        {
            var topic = await engine.FindPartitionAsync(positions[i].Topic, positions[i].Partition, cancellationToken);
            if (topic.IsRefused && topic.Refusal.Code != ErrorCode.UnknownTopicOrPartition)
                return (null, ErrorMapping.From(topic.Refusal));
            // One of a topic that is gone begins anew when there is one by that name again.
            if (topic.IsRefused || (positions[i].TopicId is { } id && id != topic.Value.Id))
                positions[i] = new ConsumerPosition(positions[i].Topic, positions[i].Partition);
            if (!topic.IsRefused && positions[i].Next is null)
                partitions.Add(new GroupPartition(topic.Value.Name, topic.Value.Id, positions[i].Partition));
        }

        var (starts, error) = await FindAsync(instance, partitions, cancellationToken);
        return error is not null ? (null, error) : (instance.WithPositions(positions).Move(starts!.Values), null);
    }

    /// <summary>Null: the partition cannot be looked at now.</summary>
    public async ValueTask<ConsumerPosition?> ResetAsync(ConsumerInstance instance, GroupPartition partition, CancellationToken cancellationToken)
    {
        var topic = await engine.FindPartitionAsync(partition.Topic, partition.Partition, cancellationToken);
        if (topic.IsRefused || topic.Value.Id != partition.TopicId)
            return null;
        var offsets = await engine.OffsetsAsync(topic.Value, partition.Partition, cancellationToken);
        if (offsets.IsRefused)
            return null;
        return new ConsumerPosition(
            partition.Topic, partition.Partition, partition.TopicId, instance.Settings.StartsAtEarliest ? offsets.Value.LogStart : offsets.Value.HighWatermark);
    }
}

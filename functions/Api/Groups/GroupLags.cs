using ManagedLog.Engine;
using ManagedLog.Engine.Groups;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Functions.Api.Groups;

/// <summary>How far groups are behind: what they have committed against the ends of the logs, freshly read, several partitions at once.</summary>
internal sealed class GroupLags(LogEngine engine)
{
    private const int AtOnce = 16;

    /// <summary>By topic and partition; only of partitions that the group has committed something of, and of topics that stand.</summary>
    /// <param name="group">Described a moment ago.</param>
    /// <param name="partitions">Null: all.</param>
    public async ValueTask<Result<IReadOnlyList<PartitionLag>>> OfGroupAsync(GroupDescription group, IReadOnlyList<PartitionName>? partitions, CancellationToken cancellationToken)
    {
        var committed = await engine.Groups.OffsetsAsync(group.Group, partitions, cancellationToken);
        if (committed.IsRefused)
            return committed.Refusal;
        var owners = group.Members.SelectMany(member => member.Owned.Select(partition => (partition.Key, member))).ToDictionary(one => one.Key, one => one.member);
        return await OfOffsetsAsync(committed.Value, partition => owners.GetValueOrDefault(partition.Key), cancellationToken);
    }

    /// <summary>The lags of every group that has committed something of a topic, by the names of the groups. Two or three operations for each group and partition.</summary>
    public async ValueTask<Result<IReadOnlyList<(GroupListing Group, IReadOnlyList<PartitionLag> Lags)>>> OfTopicAsync(
        string topic, Func<GroupId, bool> isShown, CancellationToken cancellationToken)
    {
        var found = new List<(GroupListing, IReadOnlyList<PartitionLag>)>();
        string? after = null;
        do
        {
            var page = await engine.Groups.ListAsync(100, after, cancellationToken);
            if (page.IsRefused)
                return page.Refusal;
            foreach (var group in page.Value.Groups.Where(group => isShown(group.Group)))
            {
                var committed = await engine.Groups.OffsetsAsync(group.Group, [new PartitionName(topic, null)], cancellationToken);
                if (committed.IsRefused)
                    return committed.Refusal;
                if (committed.Value.Count == 0)
                    continue;
                var lags = await OfOffsetsAsync(committed.Value, static _ => null, cancellationToken);
                if (lags.IsRefused)
                    return lags.Refusal;
                if (lags.Value.Count > 0)
                    found.Add((group, lags.Value));
            }

            after = page.Value.Next;
        }
        while (after is not null);
        return found;
    }

    private async ValueTask<Result<IReadOnlyList<PartitionLag>>> OfOffsetsAsync(
        IReadOnlyList<CommittedOffset> committed, Func<GroupPartition, MemberDescription?> ownerOf, CancellationToken cancellationToken)
    {
        var lags = new List<PartitionLag>(committed.Count);
        foreach (var some in committed.Chunk(AtOnce))
        {
            foreach (var (offset, end) in await Task.WhenAll(some.Select(async offset => (offset, await EndAsync(offset.Partition, cancellationToken)))))
            {
                if (end.Refusal?.Code == ErrorCode.UnknownTopicOrPartition)
                    continue;
                if (end.IsRefused)
                    return end.Refusal;
                lags.Add(new PartitionLag(offset.Partition, offset.Offset, end.Value, ownerOf(offset.Partition)));
            }
        }

        return lags;
    }

    private async ValueTask<Result<long>> EndAsync(GroupPartition partition, CancellationToken cancellationToken)
    {
        var topic = await engine.FindPartitionAsync(partition.Topic, partition.Partition, cancellationToken);
        if (topic.IsRefused)
            return topic.Refusal;
        if (topic.Value.Id != partition.TopicId)
            return new Refusal(ErrorCode.UnknownTopicOrPartition, $"Topic '{partition.Topic}' was created again.");
        var offsets = await engine.OffsetsAsync(topic.Value, partition.Partition, cancellationToken);
        return offsets.IsRefused ? offsets.Refusal : offsets.Value.HighWatermark;
    }
}

using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Engine.Groups;

/// <summary>Moves what groups have committed, or says where it would be moved to.</summary>
internal sealed class OffsetResets(GroupContext context, GroupMembership membership, GroupCommits commits, GroupViews views)
{
    private const int Parallel = 16;

    /// <summary>Members that were removed may join again before the offsets are written.</summary>
    private const int MaxRemovals = 10;

    public async ValueTask<Result<IReadOnlyList<OffsetResetLine>>> ResetAsync(GroupId group, OffsetResetRequest request, CancellationToken cancellationToken)
    {
        var planned = await PlanAsync(group, request, cancellationToken);
        if (planned.IsRefused || planned.Value.Count == 0)
            return planned;
        var doing = $"Resetting the offsets of group '{group}'";
        var rows = planned.Value
            .Select(line => (StorageLayout.OffsetRowKey(line.Partition.Key), new GroupOffsetRow(line.Partition.Topic, line.To, -1, "", null, 0)))
            .ToArray();
        for (var removals = 0; ; removals++)
        {
            if (request.IsForced)
            {
                var disbanded = await membership.ChangeAsync(group, MembershipChange.Disband, doing, cancellationToken);
                if (disbanded.IsRefused)
                    return disbanded.Refusal;
            }

            var stored = await commits.StoreWithoutMembersAsync(group, rows, doing, cancellationToken);
            if (!stored.IsRefused)
            {
                foreach (var line in planned.Value)
                    context.Committed(group, line.Partition, line.To);
                return planned;
            }

            if (stored.Refusal.Code != ErrorCode.UnknownMemberId)
                return stored.Refusal;
            if (!request.IsForced || removals == MaxRemovals)
                return GroupRefusals.NotEmpty(group);
        }
    }

    public async ValueTask<Result<IReadOnlyList<OffsetResetLine>>> PlanAsync(GroupId group, OffsetResetRequest request, CancellationToken cancellationToken)
    {
        var committed = await views.OffsetsAsync(group, request.Partitions, cancellationToken);
        if (committed.IsRefused)
            return committed.Refusal;
        if (request.Partitions is null && committed.Value.Count == 0 && await views.DescribeAsync(group, cancellationToken) is { IsRefused: true } unknown)
            return unknown.Refusal;
        var from = committed.Value.ToDictionary(offset => offset.Partition.Key, offset => offset.Offset);
        var partitions = await ResolveAsync(committed.Value, request.Partitions, cancellationToken);
        if (partitions.IsRefused)
            return partitions.Refusal;
        var lines = new List<OffsetResetLine>();
        foreach (var some in partitions.Value.Chunk(Parallel))
        {
            var looked = await Task.WhenAll(some.Select(one => LookAsync(one.Topic, one.Partition, from.TryGetValue(one.Topic.At(one.Partition), out var offset) ? offset : null, request.To).AsTask()));
            foreach (var line in looked)
            {
                if (line.IsRefused)
                    return line.Refusal;
                lines.Add(line.Value);
            }
        }

        return lines;
    }

    private async ValueTask<Result<IReadOnlyList<(Topic Topic, int Partition)>>> ResolveAsync(
        IReadOnlyList<CommittedOffset> committed, IReadOnlyList<PartitionName>? named, CancellationToken cancellationToken)
    {
        var names = named ?? [.. committed.Select(offset => new PartitionName(offset.Partition.Topic, offset.Partition.Partition))];
        var resolved = new SortedDictionary<(string, int), (Topic, int)>();
        foreach (var (name, partition) in names)
        {
            var found = partition is { } number
                ? await context.Logs.FindPartitionAsync(name, number, cancellationToken)
                : await context.Logs.ReadTopicAsync(name, cancellationToken);
            if (found.IsRefused)
                return found.Refusal;
            foreach (var each in partition is { } one ? [one] : Enumerable.Range(0, found.Value.Partitions))
                resolved[(name, each)] = (found.Value, each);
        }

        return resolved.Values.ToArray();
    }

    private async ValueTask<Result<OffsetResetLine>> LookAsync(Topic topic, int partition, long? from, OffsetReset to)
    {
        var ends = await context.Logs.OffsetsAsync(topic, partition);
        if (ends.IsRefused)
            return ends.Refusal;
        var (start, end) = (ends.Value.LogStart, ends.Value.HighWatermark);
        long offset;
        switch (to.Kind)
        {
            case OffsetResetKind.Earliest:
                offset = start;
                break;
            case OffsetResetKind.Latest:
                offset = end;
                break;
            case OffsetResetKind.Timestamp:
                var found = await context.Logs.OffsetForTimestampAsync(topic, partition, to.Value);
                if (found.IsRefused)
                    return found.Refusal;
                offset = found.Value.Offset;
                break;
            case OffsetResetKind.Shift:
                offset = Shifted(from ?? start, to.Value);
                break;
            case OffsetResetKind.Exact:
                offset = to.Value;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(to), to.Kind, "No such kind of reset.");
        }

        // Found by its time it may stand behind the end that was read before.
        if (to.Kind != OffsetResetKind.Timestamp)
            offset = Math.Clamp(offset, start, end);
        return new OffsetResetLine(new GroupPartition(topic.Name, topic.Id, partition), from, offset);
    }

    private static long Shifted(long offset, long shift) => (long)Int128.Clamp((Int128)offset + shift, 0, long.MaxValue);
}

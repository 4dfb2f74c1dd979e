using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Groups;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>Commits what a consumer instance has done, and tells what its group has committed: always the next offset to read.</summary>
internal sealed class OffsetEndpoints(LogEngine engine, ConsumerEnding ending, ConsumerCommits commits)
{
    public async Task CommitAsync(HttpContext context)
    {
        var call = new ConsumerCall(context, engine, ending);
        if (!ConsumerCall.IsAcceptable(context.Request, out _, out var error))
        {
            await call.FailAsync(error!);
            return;
        }

        (var body, error) = await V2Body.ReadAsync(context);
        IReadOnlyList<OffsetCommit>? offsets = null;
        using (body)
        {
            if (error is null)
                (offsets, error) = CommitForm.Read(body?.RootElement);
        }

        if (offsets is not null)
            error = TopicAccess.FindDenied(context, offsets.Select(offset => offset.Topic));

        StoredConsumer? stored = null;
        if (error is null)
            (stored, error) = await call.FindAsync();
        if (stored is not null)
        {
            if (offsets is not null)
                error = await commits.CommitAsync(stored.Instance, offsets, context.RequestAborted);
            else
                (_, error) = await commits.CommitPositionsAsync(stored.Instance, static _ => true, context.RequestAborted);
            await call.RenewAsync(stored);
        }

        await call.EndAsync(error);
    }

    /// <summary>
    /// Of the partitions in the body, or in the query (<c>topic</c>, <c>partition</c>), which clients can use that cannot send a body with GET; of none: of all that the instance has.
    /// </summary>
    public async Task CommittedAsync(HttpContext context)
    {
        var call = new ConsumerCall(context, engine, ending);
        if (!ConsumerCall.IsAcceptable(context.Request, out var type, out var error))
        {
            await call.FailAsync(error!);
            return;
        }

        (var partitions, error) = await ReadAsync(context);
        if (partitions is not null)
            error = TopicAccess.FindDenied(context, partitions.Select(partition => partition.Topic));
        StoredConsumer? stored = null;
        if (error is null)
            (stored, error) = await call.FindAsync();
        Result<IReadOnlyList<CommittedOffset>> committed = default;
        if (stored is not null)
        {
            partitions ??= [.. stored.Instance.Positions.Select(position => new PartitionName(position.Topic, position.Partition))];
            committed = partitions.Count == 0 ? Array.Empty<CommittedOffset>() : await engine.Groups.OffsetsAsync(stored.Instance.Group, partitions, context.RequestAborted);
            await call.RenewAsync(stored);
            error = committed.IsRefused ? ErrorMapping.From(committed.Refusal) : null;
        }

        if (error is not null)
            await call.FailAsync(error);
        else
            await call.AnswerAsync(type, WriteOffsets, committed.Value);
    }

    private static async ValueTask<(IReadOnlyList<PartitionName>? Partitions, ApiError? Error)> ReadAsync(HttpContext context)
    {
        var (body, error) = await V2Body.ReadAsync(context);
        using (body)
        {
            if (error is not null)
                return (null, error);
            if (body is null)
                return ReadQuery(context.Request.Query);
            (var places, error) = SubscriptionEndpoints.ReadPlaces(body.RootElement);
            return (places?.Select(place => new PartitionName(place.Topic, place.Partition)).ToList(), error);
        }
    }

    private static (IReadOnlyList<PartitionName>? Partitions, ApiError? Error) ReadQuery(IQueryCollection query)
    {
        var topic = query["topic"].ToString();
        var text = query["partition"].ToString();
        if (topic.Length == 0)
            return text.Length == 0 ? (null, null) : (null, FormErrors.BadParameter("partition is that of a topic; give topic too."));
        if (text.Length == 0)
            return ([new PartitionName(topic, null)], null);
        return RouteParts.TryPartition(text, out var partition) ? ([new PartitionName(topic, partition)], null) : (null, FormErrors.BadParameter($"partition={text} is no number from 0 on."));
    }

    private static void WriteOffsets(Utf8JsonWriter writer, IReadOnlyList<CommittedOffset> offsets)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("offsets"u8);
        foreach (var offset in offsets)
        {
            writer.WriteStartObject();
            writer.WriteString("topic"u8, offset.Partition.Topic);
            writer.WriteNumber("partition"u8, offset.Partition.Partition);
            writer.WriteNumber("offset"u8, offset.Offset);
            writer.WriteString("metadata"u8, offset.Metadata);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}

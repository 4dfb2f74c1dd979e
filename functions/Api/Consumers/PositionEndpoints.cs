using ManagedLog.Engine;
using ManagedLog.Engine.Consumers;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>
/// Moves the positions of a consumer instance: the next poll begins there. Nothing is committed by it. A subscribed instance that has not polled yet joins its group first, so that
/// nobody has to poll only to be able to seek.
/// </summary>
internal sealed class PositionEndpoints(LogEngine engine, ConsumerEnding ending, ConsumerMembership membership, TimeProvider time)
{
    /// <summary>How often, and how many times, is looked for what another call notes that joins at the same time.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private const int MaxLooks = 20;

    public async Task SeekAsync(HttpContext context)
    {
        var (form, error) = await ConsumerCall.ReadAsync(context, PositionsForm.Read);
        if (error is null)
        {
            List<Target> targets =
            [
                .. form!.Offsets.Select(place => new Target(place.Topic, place.Partition, (_, _) => ValueTask.FromResult<Result<long>>(place.Offset!.Value))),
                .. form.Timestamps.Select(one => new Target(
                    one.Place.Topic, one.Place.Partition, (topic, partition) => AtTimeAsync(topic, partition, one.Timestamp, context.RequestAborted))),
            ];
            error = await MoveAsync(context, targets);
        }

        await new ConsumerCall(context, engine, ending).EndAsync(error);
    }

    public Task ToBeginningAsync(HttpContext context) => ToEndAsync(context, static offsets => offsets.LogStart);

    public Task ToEndAsync(HttpContext context) => ToEndAsync(context, static offsets => offsets.HighWatermark);

    private async Task ToEndAsync(HttpContext context, Func<PartitionOffsets, long> which)
    {
        var (places, error) = await ConsumerCall.ReadAsync(context, SubscriptionEndpoints.ReadPlaces);
        if (error is null)
        {
            var targets = places!.Select(place => new Target(place.Topic, place.Partition, (topic, partition) => EndAsync(topic, partition, which, context.RequestAborted)));
            error = await MoveAsync(context, [.. targets]);
        }

        await new ConsumerCall(context, engine, ending).EndAsync(error);
    }

    /// <summary>All of them or none.</summary>
    private async ValueTask<ApiError?> MoveAsync(HttpContext context, IReadOnlyList<Target> targets)
    {
        var call = new ConsumerCall(context, engine, ending);
        var (_, error) = await call.ChangeAsync(async stored =>
        {
            var instance = stored.Instance;
            for (var looks = 1; instance.Mode == ConsumerMode.Subscribed && targets.Any(target => instance.Find(target.Topic, target.Partition) is null); looks++)
            {
                var (joined, refused) = await membership.ReconcileAsync(stored, context.RequestAborted);
                if (joined is not null)
                {
                    instance = joined.Instance;
                    break;
                }

                if (refused is not null || looks == MaxLooks)
                    return (null, refused ?? ConsumerCall.Busy);
                await Task.Delay(LookInterval, time, context.RequestAborted);
                (var again, refused) = await call.FindAsync();
                if (again is null)
                    return (null, refused);
                stored = again;
                instance = again.Instance;
            }

            return await MoveAsync(instance, targets, context.RequestAborted);
        });
        return error;
    }

    private async ValueTask<(ConsumerInstance?, ApiError?)> MoveAsync(ConsumerInstance instance, IReadOnlyList<Target> targets, CancellationToken cancellationToken)
    {
        var moved = new Dictionary<(string, int), ConsumerPosition>();
        foreach (var target in targets)
        {
            if (instance.Find(target.Topic, target.Partition) is not { } position)
                return (null, ConsumerErrors.NotAssigned(target.Topic, target.Partition));
            var topic = await engine.FindPartitionAsync(target.Topic, target.Partition, cancellationToken);
            if (topic.IsRefused)
                return (null, TopicErrors.ForPartition(topic.Refusal));
            var offset = await target.Offset(topic.Value, target.Partition);
            if (offset.IsRefused)
                return (null, TopicErrors.ForPartition(offset.Refusal));
            moved[(target.Topic, target.Partition)] = position with { TopicId = topic.Value.Id, Next = offset.Value };
        }

        return (instance.Move(moved.Values), null);
    }

    private async ValueTask<Result<long>> AtTimeAsync(Topic topic, int partition, long timestamp, CancellationToken cancellationToken)
    {
        var found = await engine.OffsetForTimestampAsync(topic, partition, timestamp, cancellationToken);
        return found.IsRefused ? found.Refusal : found.Value.Offset;
    }

    private async ValueTask<Result<long>> EndAsync(Topic topic, int partition, Func<PartitionOffsets, long> which, CancellationToken cancellationToken)
    {
        var offsets = await engine.OffsetsAsync(topic, partition, cancellationToken);
        return offsets.IsRefused ? offsets.Refusal : which(offsets.Value);
    }

    private sealed record Target(string Topic, int Partition, Func<Topic, int, ValueTask<Result<long>>> Offset);
}

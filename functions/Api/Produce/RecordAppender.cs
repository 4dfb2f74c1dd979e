using ManagedLog.Engine;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Functions.Api.Produce;

/// <summary>Carries out an <see cref="AppendPlan"/>: one call to the engine for each partition, all at once.</summary>
internal sealed class RecordAppender(LogEngine engine, ILogger<RecordAppender> logger)
{
    /// <summary>With a <paramref name="producer"/> the batches are numbered from its sequence on. A cancelled token ends the wait, not the appends.</summary>
    public async Task<AppendOutcome> AppendAsync(AppendPlan plan, Acks acks, BatchIdentity? producer, CancellationToken cancellationToken)
    {
        var appends = new List<(int Partition, Task<Result<AppendResult>> Append)>(plan.Batches.Count);
        foreach (var (partition, batches) in plan.Batches)
        {
            // A partition whose only record was refused has no batch.
            if (batches.Build() is not { Count: > 0 } built)
                continue;
            if (producer is { } identity)
                ProducerHeaders.Stamp(built, identity);
            appends.Add((partition, AppendAsync(plan, partition, new AppendRequest(built, acks), cancellationToken)));
        }

        var results = new Dictionary<int, Result<AppendResult>>(appends.Count);
        foreach (var (partition, append) in appends)
            results.Add(partition, await append);
        return new AppendOutcome(plan, results);
    }

    /// <summary>What breaks one partition is that partition's error and does not hide what the others answered.</summary>
    private async Task<Result<AppendResult>> AppendAsync(AppendPlan plan, int partition, AppendRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.AppendAsync(plan.Topic, partition, request, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            logger.LogError(exception, "Append to {Topic}-{Partition} failed.", plan.Topic.Name, partition);
            return new Refusal(
                ErrorCode.UnknownServerError,
                $"Partition {partition} of topic {plan.Topic.Name} failed; read its end before sending these records again.");
        }
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>
/// One tick of the work that time makes due. Reads what is due (three operations when nothing is, however many partitions there are, and once an hour a few
/// more) and looks after one partition after the other. A tick may come twice, late, at the same time elsewhere, or not for hours; it may be cut off anywhere.
/// </summary>
internal sealed class Housekeeper(PartitionContext context, TopicCatalog topics, IdempotencyKeys idempotencyKeys)
{
    private static readonly TimeSpan ExpireInterval = TimeSpan.FromHours(1);

    private static readonly TimeSpan GroupRetryAfter = TimeSpan.FromMinutes(5);

    private readonly LeaseElection _election = new(context);
    private readonly DueWork _due = new(context);
    private readonly TopicCleanup _cleanup = new(context, new DueWork(context));
    private long? _expiredAt;

    /// <summary>
    /// Looks after a consumer group and answers when it is to be looked at next; null: never. Throws <see cref="StorageUnavailableException"/> or <see cref="StorageRefusedException"/>.
    /// </summary>
    public Func<string, ServiceClock, ValueTask<long?>>? LookAtGroup { get; init; }

    /// <summary>Of this instance; no other has it.</summary>
    public Guid InstanceId => _election.LeaseId;

    /// <summary>
    /// Takes at most about <see cref="EngineOptions.HousekeepingTickLimit"/>; a step that was begun is finished. The token keeps it from beginning another.
    /// Refuses with KAFKA_STORAGE_ERROR.
    /// </summary>
    public async ValueTask<Result<HousekeepingSummary>> TickAsync(CancellationToken cancellationToken)
    {
        var startedAt = context.Time.GetTimestamp();
        try
        {
            if (!await _election.TryLeadAsync())
                return HousekeepingSummary.NotElected;
            await ExpireKeysAsync(cancellationToken);
            var freed = await FreeTopicsAsync(IsHalfOver);
            var look = await _due.ReadAsync(context.Options.HousekeepingBatch);
            var summary = new HousekeepingSummary(true, look.Due.Count, 0, 0, look.IsMore, freed);
            if (!look.IsNothing)
                summary = await LookAtGroupsAsync(look, summary, IsOver);
            if (look.Due.Count == 0)
                return summary;
            var listed = await topics.ListAsync(cancellationToken);
            return listed.IsRefused ? listed.Refusal : await LookAsync(look, listed.Value, summary, IsOver);
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException)
        {
            return new Refusal(ErrorCode.KafkaStorageError, $"The housekeeping could not go on and is tried again at the next tick: {e.Message}");
        }

        bool IsOver() => IsPast(context.Options.HousekeepingTickLimit);

        bool IsHalfOver() => IsPast(context.Options.HousekeepingTickLimit / 2);

        bool IsPast(TimeSpan limit) => cancellationToken.IsCancellationRequested || context.Time.GetElapsedTime(startedAt) >= limit;
    }

    private async ValueTask<HousekeepingSummary> LookAsync(DueLook look, IReadOnlyList<Topic> listed, HousekeepingSummary summary, Func<bool> isOver)
    {
        var clock = new ServiceClock(look.ReadAt!.Value, context.Time);
        var configs = listed.ToDictionary(topic => topic.Id, topic => topic.Config);
        foreach (var (partition, rows) in look.Due)
        {
            if (isOver())
                return summary with { IsMore = true };
            summary = await TryLookAsync(partition, rows, configs.GetValueOrDefault(partition.Topic), clock, isOver)
                ? summary with { Done = summary.Done + 1 }
                : summary with { Failed = summary.Failed + 1 };
        }

        return summary with { IsMore = summary.IsMore || isOver() };
    }

    private async ValueTask<HousekeepingSummary> LookAtGroupsAsync(DueLook look, HousekeepingSummary summary, Func<bool> isOver)
    {
        var clock = new ServiceClock(look.ReadAt!.Value, context.Time);
        foreach (var (group, rows) in look.Groups)
        {
            if (isOver() || LookAtGroup is null)
                return summary with { IsMore = true };
            if (await TryLookAtGroupAsync(group, rows, LookAtGroup, clock))
                summary = summary with { Groups = summary.Groups + 1 };
        }

        return summary;
    }

    private async ValueTask<bool> TryLookAtGroupAsync(string group, IReadOnlyList<DueGroupEntry> rows, Func<string, ServiceClock, ValueTask<long?>> lookAt, ServiceClock clock)
    {
        var isDone = true;
        long? next;
        try
        {
            next = await lookAt(group, clock);
        }
        catch (Exception e)
        {
            // Whatever it is, it must not end the tick, and must not be the first of every tick.
            Log.GroupLookFailed(context.Logger, e, group);
            isDone = false;
            next = (clock.Now + GroupRetryAfter).ToUnixTimeMilliseconds();
        }

        try
        {
            await _due.MoveOnAsync(group, rows, next);
            return isDone;
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException)
        {
            Log.GroupLookFailed(context.Logger, e, group);
            return false;
        }
    }

    /// <summary>What is wrong with one partition keeps no other from being looked after.</summary>
    private async ValueTask<bool> TryLookAsync(TopicPartition partition, IReadOnlyList<DueEntry> rows, TopicConfig? config, ServiceClock clock, Func<bool> isOver)
    {
        var isDone = true;
        long? next;
        try
        {
            next = config is null ? await LookAtDeletedAsync(partition, clock, isOver) : await new PartitionMaintenance(context, partition, config, clock).RunAsync(isOver);
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException or BlobMissingException or PartitionGoneException)
        {
            Log.LookFailed(context.Logger, partition, e.Message);
            isDone = false;
            next = RetryAt(partition, clock);
        }
        catch (Exception e)
        {
            // A broken partition, or a fault of our own: it must not end the tick, and must not be the first of every tick.
            Log.LookBroken(context.Logger, e, partition);
            isDone = false;
            next = RetryAt(partition, clock);
        }

        try
        {
            await _due.MoveOnAsync(partition, rows, next);
            return isDone;
        }
        catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException)
        {
            Log.LookFailed(context.Logger, partition, e.Message);
            return false;
        }
    }

    /// <summary>No topic that can be found has it. Decided by its head, not by the list: only what says that it is deleted is freed.</summary>
    private async ValueTask<long?> LookAtDeletedAsync(TopicPartition partition, ServiceClock clock, Func<bool> isOver)
    {
        var head = await new ChainStore(context, partition).ReadHeadAsync();
        if (head is ({ State: PartitionState.Open }, _))
            return new MaintenancePlan(partition, TopicConfig.Default, clock.Now).NextLookAt(null, new MaintenanceProgress());
        if (head is not null)
            await _cleanup.DeleteRowsAsync(partition);
        return await _cleanup.FreeAsync(partition.Topic, isOver, isAnswered: false) ? null : RetryAt(partition, clock);
    }

    private async ValueTask ExpireKeysAsync(CancellationToken cancellationToken)
    {
        if (_expiredAt is { } at && context.Time.GetElapsedTime(at) < ExpireInterval)
            return;
        await idempotencyKeys.ExpireAsync(cancellationToken);
        _expiredAt = context.Time.GetTimestamp();
    }

    private async ValueTask<int> FreeTopicsAsync(Func<bool> isOver)
    {
        var freed = 0;
        foreach (var (topic, clock) in await _cleanup.ReadAsync())
        {
            try
            {
                if (!await _cleanup.FreeAsync(topic.Id, isOver, isAnswered: true))
                    continue;
                await _cleanup.FinishAsync(topic, clock);
                freed++;
            }
            catch (Exception e) when (e is StorageUnavailableException or StorageRefusedException or InvalidDataException)
            {
                Log.CleanupFailed(context.Logger, topic.Id, e.Message);
            }
        }

        return freed;
    }

    private static long RetryAt(TopicPartition partition, ServiceClock clock) => new MaintenancePlan(partition, TopicConfig.Default, clock.Now).RetryAt;
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Errors;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Log;

/// <summary>
/// Advances the log start to where a caller wants it. What stands below is unreadable from then on; its bytes are freed by the housekeeping, segment by
/// segment.
/// </summary>
internal sealed class RecordDeletion(PartitionContext context)
{
    /// <summary>In place of an offset: all that stands now.</summary>
    public const long UpToHighWatermark = -1;

    private const int MaxTries = 20;

    private readonly DueWork _due = new(context);

    /// <summary>The log start afterwards. See <see cref="LogEngine.DeleteRecordsAsync"/>.</summary>
    /// <param name="open">The partition as it is open on this instance at that moment: it may be forgotten and opened anew while storage is slow.</param>
    public async ValueTask<Result<long>> DeleteAsync(Func<PartitionLog> open, TopicPartition partition, long beforeOffset, string subject)
    {
        var known = await open().OffsetsAsync();
        if (known.IsRefused)
            return known.Refusal;
        var ends = known.Value;
        var target = beforeOffset == UpToHighWatermark ? ends.HighWatermark : beforeOffset;
        if (target < 0 || target > ends.HighWatermark)
        {
            return new Refusal(
                ErrorCode.OffsetOutOfRange, $"{subject}: records cannot be deleted before offset {beforeOffset}; valid are 0 to {ends.HighWatermark}, or -1 for all that stands now.");
        }

        if (target <= ends.LogStart)
            return ends.LogStart;
        if (await AdvanceAsync(partition, target, subject) is { } refusal)
            return refusal;
        // So that readers on this instance are refused from now on, even if storage does not answer any more.
        var after = await open().OffsetsAsync(startsAt: target);
        return after.IsRefused ? target : after.Value.LogStart;
    }

    private async ValueTask<Refusal?> AdvanceAsync(TopicPartition partition, long target, string subject)
    {
        var store = new ChainStore(context, partition);
        var maybe = false;
        try
        {
            await _due.AnnounceAsync(_due.AtOnce, partition);
            for (var tries = 0; tries < MaxTries; tries++)
            {
                if (await store.ReadHeadAsync() is not var (head, etag) || head.State != PartitionState.Open)
                    return Refusals.Gone(partition, $"{subject} is deleted.");
                if (head.LogStartOffset >= target)
                    return null;
                maybe = true;
                if (await store.ReplaceHeadAsync(new SegmentChain(head, etag, []), head with { LogStartOffset = target }, null) is not null)
                    return null;
            }
        }
        catch (StorageUnavailableException e)
        {
            return maybe
                ? new Refusal(ErrorCode.RequestTimedOut, $"{subject}: it is unknown whether the records before offset {target} are deleted ({e.Message}). Ask for it again; it does no harm twice.")
                : Refusals.Unavailable(partition, e.Message);
        }
        catch (StorageRefusedException e)
        {
            return Refusals.Unavailable(partition, e.Message);
        }

        return Refusals.Unavailable(partition, $"its head changed {MaxTries} times meanwhile.");
    }
}

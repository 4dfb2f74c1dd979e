using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// Remembers this instance's last tick of the housekeeping, and leaves a row for others to see when it is first elected and when it did something. A row that could not
/// be written is missing, and nothing depends on it.
/// </summary>
internal sealed class HousekeepingJournal(PartitionContext context, Guid instance)
{
    /// <summary>Ticks that have nothing to do write nothing, and those that have something to do write no more often than this.</summary>
    public static readonly TimeSpan WriteInterval = TimeSpan.FromMinutes(10);

    private static readonly RowAddress Address = new(StorageLayout.ClusterPartitionKey, StorageLayout.HousekeepingRowKey);

    private long? _writtenAt;
    private long _electedAt;

    /// <summary>Of this instance; null: it has made none.</summary>
    public HousekeepingTick? Last { get; private set; }

    public Guid Instance => instance;

    public async ValueTask NoteAsync(Result<HousekeepingSummary> ticked)
    {
        var now = context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        Last = new HousekeepingTick(instance, now, !ticked.IsRefused && ticked.Value.IsElected, ticked.Refusal?.Message ?? ticked.Value.ToString());
        if (context.Options.HistoryInterval <= TimeSpan.Zero || ticked.IsRefused || !ticked.Value.IsElected)
            return;
        var didSomething = ticked.Value.Due > 0 || ticked.Value.TopicsFreed > 0;
        if (_writtenAt is { } at && (!didSomething || context.Time.GetElapsedTime(at) < WriteInterval))
            return;
        _electedAt = _writtenAt is null ? now : _electedAt;
        _writtenAt = context.Time.GetTimestamp();
        await WriteAsync(new HousekeepingRow(instance.ToString("N"), _electedAt, now, ticked.Value.ToString()));
    }

    /// <summary>As whoever wrote last has left it; null: nobody has, or it cannot be read.</summary>
    public async ValueTask<HousekeepingRow?> ReadAsync()
    {
        try
        {
            var read = await context.Backend.ReadRowAsync(StorageLayout.ClusterTable, Address, CancellationToken.None);
            return read.IsDone ? HousekeepingRow.Decode(read.Value) : null;
        }
        catch (Exception e) when (e is StorageRefusedException or InvalidDataException)
        {
            return null;
        }
    }

    private async ValueTask WriteAsync(HousekeepingRow row)
    {
        try
        {
            var replaced = await context.Backend.CommitRowsAsync(
                StorageLayout.ClusterTable, new RowBatch(Address.PartitionKey).Replace(Address.RowKey, row.Encode(), null), CancellationToken.None);
            if (replaced.Status == OutcomeStatus.Missing)
            {
                await context.Backend.CommitRowsAsync(
                    StorageLayout.ClusterTable, new RowBatch(Address.PartitionKey).Insert(Address.RowKey, row.Encode()), CancellationToken.None);
            }
        }
        catch (StorageRefusedException e)
        {
            Log.Log.NoReport(context.Logger, e.Message);
        }
    }
}

using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// Gives out producer ids that no instance ever gave out before. Takes them in blocks by raising the row's next id under its ETag; ids of a block that was
/// taken but not used, or of which nobody can say whether it was taken, are lost and never used. Safe for concurrent use.
/// </summary>
internal sealed class ProducerIdAllocator(IStorageBackend backend, TimeProvider time, Entropy entropy)
{
    public const int BlockSize = 1_000;

    private static readonly RowAddress Address = new(StorageLayout.ClusterPartitionKey, StorageLayout.ProducerIdsRowKey);

    private readonly Lock _lock = new();
    private long _next;
    private long _end;
    private Task<Refusal?>? _refill;

    /// <summary>Refuses with KAFKA_STORAGE_ERROR or REQUEST_TIMED_OUT; it may be asked again in either case.</summary>
    public async ValueTask<Result<long>> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task<Refusal?> refill;
            lock (_lock)
            {
                if (_next < _end)
                    return _next++;
                refill = _refill ??= RefillAsync();
            }

            if (await refill.OrCancelled(cancellationToken) is { } refusal)
                return refusal;
        }
    }

    /// <summary>One for all who wait. Nobody's cancellation stops it.</summary>
    private async Task<Refusal?> RefillAsync()
    {
        // Begins after the lock under which it was started has been left.
        await Task.Yield();
        var taken = -1L;
        try
        {
            var block = await TakeBlockAsync();
            if (!block.IsRefused)
                taken = block.Value;
            return block.Refusal;
        }
        finally
        {
            lock (_lock)
            {
                if (taken >= 0)
                    (_next, _end) = (taken, taken + BlockSize);
                _refill = null;
            }
        }
    }

    /// <summary>The first id of a block. A try of unknown outcome is given up with its ids: the row is read again, and whatever it says then is where the next begins.</summary>
    private async ValueTask<Result<long>> TakeBlockAsync()
    {
        const string doing = "Taking producer ids";
        var tries = new WriteTries(time, entropy);
        while (true)
        {
            var read = await backend.ReadRowAsync(StorageLayout.ClusterTable, Address, CancellationToken.None);
            if (!read.IsDone && read.Status != OutcomeStatus.Missing)
                return tries.GiveUp(doing);

            var first = read.IsDone ? ProducerIdsRow.Decode(read.Value).NextId : 0;
            var row = new ProducerIdsRow(checked(first + BlockSize)).Encode();
            var batch = new RowBatch(Address.PartitionKey);
            batch = read.IsDone ? batch.Replace(Address.RowKey, row, read.Value.ETag) : batch.Insert(Address.RowKey, row);
            var taken = await backend.CommitRowsAsync(StorageLayout.ClusterTable, batch, CancellationToken.None);
            if (taken.IsDone)
                return first;
            if (!await tries.AgainAsync(taken.Status, CancellationToken.None))
                return tries.GiveUp(doing);
        }
    }
}

using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Limits;

namespace ManagedLog.Functions.Api.Following;

/// <summary>
/// Reads several partitions for one caller: in turn, so that none is passed over while another has always more, and at their ends by the engine's watchers, so that
/// any number of callers cost storage no more than one. Whoever takes a result says with <see cref="FollowedPartition.GoOnAt"/> how far it got.
/// </summary>
/// <param name="errorOf">What a refusal of the engine is in this answer.</param>
/// <param name="room">For what is read; whoever takes results says when they are written. Null: as much as is asked for.</param>
internal sealed class PartitionFollower(LogEngine engine, IReadOnlyList<FollowedPartition> partitions, TimeProvider time, Func<Refusal, ApiError> errorOf, AnswerRoom? room = null) : IDisposable
{
    private readonly ArrivalSignal _arrived = new();
    private readonly Func<int, int>? _ask = room is null ? null : room.Ask;
    private int _turn;

    public IReadOnlyList<FollowedPartition> Partitions => partitions;

    /// <summary>Some partition can be read now.</summary>
    public bool IsAnyReady => partitions.Any(IsReady);

    public bool HaveAllFailed => partitions.All(partition => partition.Error is not null);

    /// <summary>Looks at all of them at once: what any instance acknowledged before is found. From then on each has an offset to go on at, or an error.</summary>
    public Task OpenAsync() => Task.WhenAll(partitions.Where(partition => partition.Error is null).Select(OpenAsync));

    /// <summary>
    /// What comes next of the partition whose turn it is, up to so many bytes, but at least one batch; null when all that can be read stand at their ends. A partition
    /// that cannot be read any more is given with its error and without a result, and not again.
    /// </summary>
    public async ValueTask<(FollowedPartition Partition, FetchResult? Result)?> NextAsync(int maxBytes)
    {
        for (var i = 0; i < partitions.Count; i++)
        {
            var partition = partitions[_turn];
            _turn = (_turn + 1) % partitions.Count;
            if (!IsReady(partition))
                continue;
            var result = await ReadAsync(partition, maxBytes);
            if (result is not null || partition.Error is not null)
                return (partition, result);
        }

        return null;
    }

    /// <summary>What comes next of one partition; null when it stands at its end or has an error.</summary>
    public async ValueTask<FetchResult?> ReadAsync(FollowedPartition partition, int maxBytes)
    {
        if (!IsReady(partition))
            return null;
        if (partition.Held is { } held)
        {
            partition.Held = null;
            room?.Use(SizeOf(held));
            return held;
        }

        Leave(partition);
        var request = new FetchRequest(partition.From, maxBytes, TimeSpan.Zero) { IsFollowing = true, Room = _ask };
        var fetched = await engine.FetchAsync(partition.Topic!, partition.Number, request, default);
        if (fetched.IsRefused)
        {
            partition.Fail(errorOf(fetched.Refusal));
            return null;
        }

        partition.Ends = fetched.Value.Offsets;
        room?.Settle(SizeOf(fetched.Value));
        if (fetched.Value.Batches.Count > 0)
            return fetched.Value;
        Wait(partition, fetched.Value.NextOffset);
        return null;
    }

    /// <summary>Waits until any has something more, and not longer than so long; false when the time is over.</summary>
    public ValueTask<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken) => _arrived.WaitAsync(limit, time, cancellationToken);

    public void Dispose()
    {
        foreach (var partition in partitions)
        {
            Leave(partition);
            if (partition.Held is { } held)
                room?.Use(SizeOf(held));
        }
    }

    private static bool IsReady(FollowedPartition partition) => partition.Error is null && partition.Watch is null or { HasArrived: true };

    private static void Leave(FollowedPartition partition)
    {
        partition.Watch?.Dispose();
        partition.Watch = null;
    }

    private async Task OpenAsync(FollowedPartition partition)
    {
        // One batch is enough to tell whether there is anything.
        var fetched = await engine.FetchAsync(partition.Topic!, partition.Number, new FetchRequest(partition.From, MaxBytes: 1, TimeSpan.Zero), default);
        if (fetched.IsRefused)
        {
            partition.Fail(errorOf(fetched.Refusal));
            return;
        }

        partition.Ends = fetched.Value.Offsets;
        partition.GoOnAt(fetched.Value.FetchOffset);
        if (fetched.Value.Batches.Count == 0)
            Wait(partition, fetched.Value.NextOffset);
        else if (room is null || room.TryKeep(SizeOf(fetched.Value)))
            partition.Held = fetched.Value;
    }

    private static long SizeOf(FetchResult result) => result.Batches.Sum(static batch => (long)batch.Length);

    private void Wait(FollowedPartition partition, long offset)
    {
        partition.GoOnAt(offset);
        partition.Watch = engine.Watch(partition.Topic!, partition.Number, offset, _arrived.Set);
    }
}

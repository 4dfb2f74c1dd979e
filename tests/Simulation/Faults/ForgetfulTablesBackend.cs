using ManagedLog.Engine.Backend;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Faults;

/// <summary>
/// Tables that go back in time (R4): a read is now and then answered by a copy that lags behind, as after an asynchronous failover, or from an account whose
/// secondary is read. Writes are decided by the tables themselves, under their conditions.
/// </summary>
internal sealed class ForgetfulTablesBackend : InterceptingBackend
{
    private static readonly TimeSpan LongestLag = TimeSpan.FromSeconds(5);

    private readonly InMemoryBackend _copy;
    private readonly SeededRandom _random;
    private readonly TimeProvider _time;
    private readonly Queue<(DateTimeOffset At, string Table, RowBatch Batch)> _behind = new();

    /// <param name="options">Those of <paramref name="inner"/>, so that both have the same pages.</param>
    public ForgetfulTablesBackend(IStorageBackend inner, TimeProvider time, InMemoryBackendOptions options, SeededRandom random)
        : base(inner)
    {
        _copy = new InMemoryBackend(time, options);
        _time = time;
        _random = random;
    }

    protected override async ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        if (call.Verb == StorageVerb.Prepare)
            await _copy.PrepareAsync(Engine.Metadata.StorageLayout.Tables, cancellationToken);
        return await proceed(cancellationToken);
    }

    public override async ValueTask<Outcome<Row>> ReadRowAsync(string table, RowAddress address, CancellationToken cancellationToken) =>
        await IsBehindAsync() ? await _copy.ReadRowAsync(table, address, cancellationToken) : await base.ReadRowAsync(table, address, cancellationToken);

    public override async ValueTask<Outcome<RowPage>> QueryRowsAsync(string table, RowQuery query, CancellationToken cancellationToken) =>
        await IsBehindAsync() ? await _copy.QueryRowsAsync(table, query, cancellationToken) : await base.QueryRowsAsync(table, query, cancellationToken);

    public override ValueTask<Outcome<IReadOnlyList<ETag>>> CommitRowsAsync(string table, RowBatch batch, CancellationToken cancellationToken)
    {
        // The copy does the same in the same order, and so comes to the same rows and ETags.
        _behind.Enqueue((_time.GetUtcNow(), table, batch));
        return base.CommitRowsAsync(table, batch, cancellationToken);
    }

    private async ValueTask<bool> IsBehindAsync()
    {
        if (!_random.Chance(0.3))
            return false;
        var until = _time.GetUtcNow() - _random.Between(TimeSpan.Zero, LongestLag);
        while (_behind.TryPeek(out var next) && next.At <= until)
        {
            _behind.Dequeue();
            await _copy.CommitRowsAsync(next.Table, next.Batch, CancellationToken.None);
        }

        return true;
    }
}

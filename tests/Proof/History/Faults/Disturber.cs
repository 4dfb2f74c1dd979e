using System.Collections.Concurrent;
using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.Servers;

namespace ManagedLog.Proof.History.Faults;

/// <summary>
/// Carries a plan out. What hits different processes may overlap; what hits the same one waits for the fault before, and is left out where that took so long that
/// faults would follow one another without a pause, unless there was none of its kind yet.
/// </summary>
internal sealed class Disturber(ServiceCluster cluster, HistoryRecorder recorder, HousekeepingWatch housekeeping) : IDisposable
{
    private const long TooLate = 4_000_000;

    private readonly ConcurrentDictionary<FaultKind, bool> _happened = [];
    private readonly SemaphoreSlim _storage = new(1);
    private readonly List<SemaphoreSlim> _instances = [.. cluster.Addresses.Select(static _ => new SemaphoreSlim(1))];
    private int _begun;
    private int _ended;

    public int Begun => _begun;

    public int UnderWay => _begun - _ended;

    /// <summary>Ends when every process runs again.</summary>
    /// <exception cref="Local.LaunchException">A process ended by itself, or did not start again.</exception>
    public Task RunAsync(IReadOnlyList<PlannedFault> plan, CancellationToken cancellationToken) => Task.WhenAll(plan.Select(fault => RunAsync(fault, cancellationToken)));

    public void Dispose()
    {
        _storage.Dispose();
        foreach (var instance in _instances)
            instance.Dispose();
    }

    private async Task RunAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        await Task.Delay(fault.At, cancellationToken);
        var isStorage = fault.Kind is FaultKind.StoragePause or FaultKind.StorageStop;
        var instance = fault.Kind == FaultKind.LongPause ? housekeeping.LastInstance ?? fault.Instance : fault.Instance;
        var turn = isStorage ? _storage : _instances[instance];
        var dueAt = recorder.Now;
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (!_happened.TryAdd(fault.Kind, true) && recorder.Now - dueAt > TooLate)
                return;
            var number = recorder.NextNumber();
            Interlocked.Increment(ref _begun);
            recorder.Add(new FaultBegan(recorder.Now, number, fault.Kind, isStorage ? null : instance));
            await HitAsync(fault, instance, cancellationToken);
            recorder.Add(new FaultEnded(recorder.Now, number));
            Interlocked.Increment(ref _ended);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task HitAsync(PlannedFault fault, int instance, CancellationToken cancellationToken)
    {
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await cluster.KillAsync(instance);
                await Task.Delay(fault.Length, cancellationToken);
                await cluster.StartAgainAsync(instance, cancellationToken);
                break;
            case FaultKind.Pause:
            case FaultKind.LongPause:
                using (cluster.Pause(instance))
                    await Task.Delay(fault.Length, cancellationToken);
                break;
            case FaultKind.StorageStop:
                await cluster.StopStorageAsync();
                await Task.Delay(fault.Length, cancellationToken);
                await cluster.StartStorageAgainAsync(cancellationToken);
                break;
            case FaultKind.StoragePause:
                using (cluster.PauseStorage())
                    await Task.Delay(fault.Length, cancellationToken);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault));
        }
    }
}

using ManagedLog.Engine;
using ManagedLog.Engine.Backend;

namespace ManagedLog.Functions.Hosting;

/// <summary>
/// Starts the engine beside the server: the Functions host waits for an answer and gives up on a process that ends, so storage that does not answer yet is no reason to
/// do either. It is tried until it succeeds; requests that need it wait for a while.
/// </summary>
internal sealed class EngineStart(LogEngine engine, ServiceOptions options, TimeProvider time, Entropy entropy, ILogger<EngineStart> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>Storage that comes back is used soon: whoever waits for it is answered with 503 after a while. A try is one operation, and not paid for where storage is away.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    public bool IsStarted => _started.Task.IsCompletedSuccessfully;

    /// <summary>Why the last try failed; null while there was none.</summary>
    public string? LastFailure { get; private set; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = RunAsync();
        return Task.CompletedTask;
    }

    /// <summary>Whether it was started within this time.</summary>
    public async ValueTask<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (IsStarted)
            return true;
        try
        {
            await _started.Task.WaitAsync(limit, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running;
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync()
    {
        var pause = FirstPause;
        while (!_stop.IsCancellationRequested)
        {
            // From half of it to all of it: instances that lost storage together do not all come back at the same moments.
            var jittered = pause * (0.5 + (entropy.NextDouble() / 2));
            try
            {
                await engine.StartAsync(_stop.Token);
                _started.SetResult();
                logger.LogInformation("Storage is ready ({Storage}), cluster {Cluster}.", options.Storage, engine.ClusterId);
                return;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it is: a process that ends would be started again by the host three times, and then no more.
                LastFailure = exception.Message;
                var unexpected = exception is IOException or StorageRefusedException ? null : exception;
                logger.LogError(unexpected, "Storage cannot be used yet and is tried again in {Pause:F1} s: {Reason}", jittered.TotalSeconds, exception.Message);
            }

            await Task.Delay(jittered, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }
}

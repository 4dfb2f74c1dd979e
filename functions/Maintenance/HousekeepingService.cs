using ManagedLog.Engine;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Maintenance;

/// <summary>
/// The housekeeping's own timer, where no Functions host calls: a tick each <see cref="ServiceOptions.HousekeepingInterval"/> or so, at once again while more is
/// due than one takes.
/// </summary>
internal sealed class HousekeepingService(
    LogEngine engine, EngineStart start, ServiceOptions options, Entropy entropy, TimeProvider time, ILogger<HousekeepingService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isMore = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            // Instances that were started together should not all ask at the same moments.
            var pause = isMore ? TimeSpan.Zero : entropy.Jitter(options.HousekeepingInterval);
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stoppingToken.IsCancellationRequested && start.IsStarted)
                isMore = await TickAsync(stoppingToken);
        }
    }

    private async Task<bool> TickAsync(CancellationToken stoppingToken)
    {
        try
        {
            var ticked = await engine.RunHousekeepingAsync(stoppingToken);
            if (ticked.IsRefused)
            {
                logger.LogWarning("Housekeeping: {Why}", ticked.Refusal.Message);
                return false;
            }

            if (ticked.Value.Due > 0 || ticked.Value.TopicsFreed > 0)
                logger.LogInformation("Housekeeping: {Summary}.", ticked.Value);
            return ticked.Value.IsMore;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception exception)
        {
            // A fault of our own must not end the housekeeping of this instance, nor the instance.
            logger.LogError(exception, "Housekeeping failed and is tried again at the next tick.");
            return false;
        }
    }
}

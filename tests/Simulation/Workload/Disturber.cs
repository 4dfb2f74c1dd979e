using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// Kills, stops and freezes processes, sets clocks wrong, deletes what can be derived again, and takes parts of storage away, several at a time.
/// </summary>
internal sealed class Disturber(World world, SeededRandom random)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private string? _lastBlob;

    public async Task RunAsync()
    {
        var underWay = new List<Task>();
        for (var i = 0; i < world.Scenario.Disturbances; i++)
        {
            if (i == world.Scenario.Disturbances / 2)
                await world.Calendar.RestAsync();
            await world.DelayAsync(random.LogBetween(Shortest, TimeSpan.FromSeconds(8)));
            underWay.Add(DisturbAsync());
        }

        await Task.WhenAll(underWay);
    }

    private Task DisturbAsync()
    {
        var victim = random.Pick(world.Instances);
        switch (random.Below(9))
        {
            case 0 or 1:
                victim.Up?.Kill();
                return Task.CompletedTask;
            case 2:
                return victim.Up?.StopAsync() ?? Task.CompletedTask;
            case 3:
                return FreezeAsync(victim.Up);
            case 4:
                victim.JumpClock();
                return Task.CompletedTask;
            case 5:
                return ForgetCheckpointsAsync();
            default:
                return TakeAwayAsync(DrawOutage());
        }
    }

    private async Task FreezeAsync(Incarnation? victim)
    {
        if (victim is null || victim.IsStopping)
            return;
        victim.Pause();
        await Task.WhenAny(world.DelayAsync(random.LogBetween(Shortest, Longest)), world.Healed);
        if (!victim.IsAsleep)
            victim.Resume();
    }

    /// <summary>Checkpoints only save reading: without them, or without the blobs that they name, everything is derived again (I12).</summary>
    private async Task ForgetCheckpointsAsync()
    {
        var rows = random.Chance(0.5);
        world.Trace.Add("disturber", $"deletes all checkpoints' {(rows ? "rows" : "blobs")}");
        foreach (var partition in world.Effects.Partitions)
        {
            if (rows)
            {
                var deletion = new RowBatch(StorageLayout.PartitionKey(partition)).Delete(StorageLayout.CheckpointRowKey, null);
                await world.Effects.CommitRowsAsync(StorageLayout.PartitionsTable, deletion, CancellationToken.None);
                continue;
            }

            var blobs = await world.Effects.ListBlobsAsync(StorageLayout.BlobPrefix(partition), null, 5000, CancellationToken.None);
            foreach (var blob in blobs.Value.Blobs.Where(b => b.Name.EndsWith(".checkpoint", StringComparison.Ordinal)))
                await world.Effects.DeleteBlobAsync(blob.Name, blob.Properties.ETag, CancellationToken.None);
        }
    }

    private async Task TakeAwayAsync(Outage outage)
    {
        world.Trace.Add("outage", $"{outage.Name} begins");
        world.Weather.Begin(outage);
        await world.DelayAsync(random.LogBetween(Shortest, Longest));
        world.Weather.End(outage);
        world.Trace.Add("outage", $"{outage.Name} ends");
    }

    private Outage DrawOutage()
    {
        int? only = random.Chance(0.4) ? random.Below(Scenario.Instances) : null;
        var (name, covers) = random.Below(4) switch
        {
            0 => ("everything", (Func<StorageCall, bool>)(_ => true)),
            1 => ("the tables", call => IsTable(call)),
            2 => ("the blobs", call => !IsTable(call)),
            _ => ("one blob", IsOneBlob),
        };
        _lastBlob = null;
        var fault = random.Pick([Fault.LostRequest, Fault.LostRequest, Fault.Throttled, Fault.Refused]);
        var whom = only is { } one ? $"i{one}" : "all";
        return new Outage($"{name} for {whom}: {fault}", (instance, call) => (only is null || only == instance) && covers(call), fault);
    }

    private static bool IsTable(StorageCall call) => call.Verb is StorageVerb.ReadRow or StorageVerb.QueryRows or StorageVerb.CommitRows;

    /// <summary>The first blob that is named from now on.</summary>
    private bool IsOneBlob(StorageCall call)
    {
        if (call.Verb is not (StorageVerb.Append or StorageVerb.ReadRange or StorageVerb.CreateAppendBlob))
            return false;
        _lastBlob ??= call.Target;
        return call.Target == _lastBlob;
    }
}

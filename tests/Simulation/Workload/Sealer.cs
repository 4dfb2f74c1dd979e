using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;
using ManagedLog.Simulation.Judging;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// Stands for instances that begin a reconfiguration and die before they chain anything, as a failover may at any moment: seals active segments, mostly right
/// after they were chained and before anything stands in them (R2). Somebody must finish for it (R9).
/// </summary>
internal sealed class Sealer(World world, SeededRandom random)
{
    public async Task RunAsync()
    {
        for (var seals = 0; seals < world.Scenario.AbandonedSeals && !world.Healed.IsCompleted; seals++)
        {
            await world.DelayAsync(random.LogBetween(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(10)));
            var rolled = world.Effects.NextRollAsync();
            if (random.Chance(0.7) && await Task.WhenAny(rolled, world.DelayAsync(TimeSpan.FromSeconds(20))) == rolled)
                await SealAsync(await rolled);
            else if (world.Effects.Partitions.Count > 0)
                await SealAsync(random.Pick(world.Effects.Partitions));
        }
    }

    private async Task SealAsync(TopicPartition partition)
    {
        var row = await world.Effects.ReadRowAsync(
            StorageLayout.PartitionsTable, new RowAddress(StorageLayout.PartitionKey(partition), StorageLayout.HeadRowKey), CancellationToken.None);
        if (!row.IsDone || PartitionHeadRow.Decode(row.Value) is not { State: PartitionState.Open } head)
            return;
        var blob = StorageLayout.LogBlob(partition, head.Active.BaseOffset, head.Active.Segment);
        var content = await world.Effects.ReadRangeAsync(blob, 0, int.MaxValue, CancellationToken.None);
        if (!content.IsDone || SegmentScan.Read(content.Value.Content) is not { Seal: null, Rest: 0 } scan)
            return;
        world.Trace.Add("sealer", $"seals {blob} at {scan.NextOffset}");
        await world.Effects.AppendAsync(blob, scan.End, new SealFrame(head.Active.Segment, scan.End, scan.NextOffset).ToArray(), CancellationToken.None);
    }
}

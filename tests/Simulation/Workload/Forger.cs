using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Segments;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// Sends records that hold the bytes of a seal of the very segment and position where they will stand (R11). To the log they are records like any other.
/// </summary>
internal sealed class Forger(World world, Client client)
{
    public async Task RunAsync()
    {
        for (var forgeries = 0; forgeries < world.Scenario.Forgeries; forgeries++)
        {
            await world.DelayAsync(client.Random.LogBetween(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(4)));
            var instance = await world.AnyInstanceAsync(client.Random);
            if (await client.FindAsync(instance, client.Random.Pick(world.Scenario.Topics).Name) is not { } topic)
                continue;
            var partition = client.Random.Below(topic.Partitions);
            if (await ActiveAsync(topic.At(partition)) is not var (segment, baseOffset, length))
                continue;
            var batch = Batches.Forge(new SealFrame(segment, 0, baseOffset), length, world.Loop.Time.GetUtcNow().ToUnixTimeMilliseconds());
            await client.SendAsync(instance, topic, partition, [batch]);
        }
    }

    /// <summary>Looks at storage itself, which no client could: the hardest case.</summary>
    private async Task<(SegmentId Segment, long BaseOffset, long Length)?> ActiveAsync(TopicPartition partition)
    {
        var row = await world.Effects.ReadRowAsync(
            StorageLayout.PartitionsTable, new RowAddress(StorageLayout.PartitionKey(partition), StorageLayout.HeadRowKey), CancellationToken.None);
        if (!row.IsDone)
            return null;
        var active = PartitionHeadRow.Decode(row.Value).Active;
        var blob = await world.Effects.GetBlobAsync(StorageLayout.LogBlob(partition, active.BaseOffset, active.Segment), CancellationToken.None);
        return blob.IsDone ? (active.Segment, active.BaseOffset, blob.Value.Length) : null;
    }
}

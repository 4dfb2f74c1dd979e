using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// Deletes records of topics that stay, through any instance. What was deleted is out of range from then on, at once on the instance that answered.
/// </summary>
internal sealed class Eraser(World world, Client client)
{
    public async Task RunAsync()
    {
        for (var deletions = 0; deletions < world.Scenario.Deletions; deletions++)
        {
            await world.DelayAsync(client.Random.LogBetween(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(10)));
            if (deletions == world.Scenario.Deletions / 2)
                await world.Calendar.RestAsync();
            var instance = await world.AnyInstanceAsync(client.Random);
            var plan = client.Random.Pick([.. world.Scenario.Topics.Where(t => !t.IsRecreated)]);
            if (await client.FindAsync(instance, plan.Name) is { } topic)
                await DeleteAsync(instance, topic, client.Random.Below(plan.Partitions));
        }
    }

    private async Task DeleteAsync(Incarnation instance, Topic topic, int partition)
    {
        var ends = await instance.CallAsync((engine, token) => engine.OffsetsAsync(topic, partition, token));
        if (!ends.IsAnswered || ends.Result.Value.HighWatermark == 0)
            return;
        var before = DrawOffset(ends.Result.Value);
        world.AskedToDelete(topic.At(partition), before);
        var reply = await instance.CallAsync((engine, token) => engine.DeleteRecordsAsync(topic, partition, before, token));
        world.Trace.Add(client.Name, $"deletes {topic.Name}-{partition} before {before} by {instance.Name}: {(reply.IsAnswered ? $"{reply.Result.Value}" : $"{reply.Refusal}")}");
        if (!reply.IsAnswered)
            return;
        if (reply.Result.Value < before)
            world.Report("I13", $"{instance.Name} says that {topic.Name}-{partition} starts at {reply.Result.Value} after it has deleted all before {before}");
        if (reply.Result.Value > 0)
            await client.CheckOutOfRangeAsync(instance, topic, partition, reply.Result.Value);
    }

    private long DrawOffset(PartitionOffsets offsets) => client.Random.Chance(0.1)
        ? -1
        : offsets.LogStart + client.Random.Below((int)(offsets.HighWatermark - offsets.LogStart) / 2 + 1);
}

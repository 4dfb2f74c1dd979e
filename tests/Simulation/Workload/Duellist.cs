using ManagedLog.Engine.Metadata;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// Gives the same bytes to several instances at the same moment, as clients with the same JSON do (R6): each that is acknowledged must stand on its own.
/// </summary>
internal sealed class Duellist(World world, Client client)
{
    private const int MostRounds = 4;

    public async Task RunAsync()
    {
        for (var duels = 0; duels < world.Scenario.Duels; duels++)
        {
            await world.DelayAsync(client.Random.LogBetween(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(4)));
            await DuelAsync(client.Random.Pick(world.Scenario.Topics).Name);
        }
    }

    private async Task DuelAsync(string name)
    {
        var seconds = new List<(Incarnation Instance, Topic Topic)>();
        foreach (var instance in world.Instances.Select(i => i.Up).OfType<Incarnation>().ToList())
        {
            if (await client.FindAsync(instance, name) is { } topic)
                seconds.Add((instance, topic));
        }

        if (seconds.Count < 2)
            return;
        var partition = client.Random.Below(seconds.Min(s => s.Topic.Partitions));
        for (var round = 0; round < MostRounds; round++)
        {
            var batch = Batches.Draw(client.Random, world.Loop.Time.GetUtcNow().ToUnixTimeMilliseconds(), world.IsCompacted(name));
            await Task.WhenAll(seconds.Select(s => client.SendAsync(s.Instance, s.Topic, partition, [batch])));
        }
    }
}

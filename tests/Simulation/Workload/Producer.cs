using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;

namespace ManagedLog.Simulation.Workload;

/// <summary>Sends one request after the other, to any instance. What certainly failed is sent again, what is unknown never.</summary>
internal sealed class Producer(World world, Client client)
{
    private const int MostTries = 8;
    private const int SendsOfALull = 8;
    private static readonly TimeSpan ShortestThought = TimeSpan.FromMilliseconds(1);

    private Incarnation? _favourite;
    private Topic? _known;

    public async Task RunAsync()
    {
        for (var sends = 0; sends < world.Scenario.SendsOfEach; sends++)
        {
            if (sends == world.Scenario.SendsOfEach / 2)
                await world.Calendar.RestAsync();
            await world.DelayAsync(client.Random.LogBetween(ShortestThought, world.Scenario.LongestThought));
            await SendOneAsync(client.Random.Pick(world.Scenario.Topics));
        }
    }

    /// <summary>Instead: a few requests, spread over the lull.</summary>
    public async Task TrickleAsync()
    {
        await Task.WhenAny(world.Calendar.Begun, world.Healed);
        for (var sends = 0; sends < SendsOfALull && world.Calendar.IsQuiet; sends++)
        {
            await Task.WhenAny(world.DelayAsync(world.Scenario.Lull / (SendsOfALull + 1)), world.Calendar.Over);
            await SendOneAsync(client.Random.Pick(world.Scenario.Topics));
        }
    }

    private async Task SendOneAsync(TopicPlan plan)
    {
        var random = client.Random;
        var now = world.Loop.Time.GetUtcNow().ToUnixTimeMilliseconds();
        List<byte[]> batches = [.. Enumerable.Range(0, random.Chance(0.8) ? 1 : 3).Select(_ => Batches.Draw(random, now, plan.IsCompacted))];
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (_favourite is null || _favourite.Ended.IsCompleted || random.Chance(0.4))
                _favourite = await world.AnyInstanceAsync(random);

            // Mostly what it knows of the topic is old; the topic may have been deleted and created again since.
            if (_known is null || _known.Name != plan.Name || random.Chance(0.1))
                _known = await client.FindAsync(_favourite, plan.Name);
            if (_known is not null)
            {
                var acks = random.Chance(0.9) ? Acks.All : random.Pick([Acks.Leader, Acks.None]);
                var patience = random.Chance(0.95) ? (TimeSpan?)null : random.LogBetween(ShortestThought, TimeSpan.FromSeconds(5));
                if (await client.SendAsync(_favourite, _known, random.Below(_known.Partitions), batches, acks, patience) != SendOutcome.Failed)
                    return;
                _known = null;
            }

            await world.DelayAsync(random.LogBetween(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(2)));
        }
    }
}

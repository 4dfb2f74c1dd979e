using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Simulation.Workload;

/// <summary>Creates the topics of a run, lets one grow, and deletes and creates those again that are meant for it, while all others use them.</summary>
internal sealed class TopicKeeper(World world, Client client)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Returns when the topic exists.</summary>
    public async Task CreateAsync(TopicPlan plan)
    {
        while (true)
        {
            var instance = await world.AnyInstanceAsync(client.Random);
            var topic = new NewTopic(plan.Name, plan.Partitions, null, plan.Configs, ValidateOnly: false);
            var reply = await instance.CallAsync((engine, token) => engine.CreateTopicAsync(topic, token));
            world.Trace.Add(client.Name, $"creates {plan.Name}: {(reply.IsAnswered ? reply.Result.Value.Id.ToString() : reply.Refusal.ToString())}");
            if (reply.IsAnswered || reply.Refusal == ErrorCode.TopicAlreadyExists)
                return;
            if (reply.Refusal is ErrorCode.InvalidConfig or ErrorCode.InvalidTopicException or ErrorCode.InvalidPartitions)
                throw new InvalidOperationException($"The simulation's own topic is refused: {reply.Result.Refusal}");
            await world.DelayAsync(Pause);
        }
    }

    /// <summary>Deletes and creates it again a few times.</summary>
    public async Task RecreateAsync(TopicPlan plan)
    {
        for (var times = 0; times < world.Scenario.Recreations; times++)
        {
            if (times == world.Scenario.Recreations / 2)
                await world.Calendar.RestAsync();
            await world.DelayAsync(client.Random.LogBetween(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10)));
            await DeleteAsync(plan);
            await world.DelayAsync(client.Random.LogBetween(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5)));
            await CreateAsync(plan);
        }
    }

    public async Task GrowAsync(TopicPlan plan)
    {
        await world.DelayAsync(client.Random.LogBetween(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(20)));
        for (var partitions = plan.Partitions + 1; ;)
        {
            var instance = await world.AnyInstanceAsync(client.Random);
            var reply = await instance.CallAsync((engine, token) => engine.GrowTopicAsync(plan.Name, partitions, token));
            world.Trace.Add(client.Name, $"grows {plan.Name} to {partitions}: {(reply.IsAnswered ? "done" : reply.Refusal.ToString())}");
            if (reply.IsAnswered || reply.Refusal == ErrorCode.InvalidPartitions)
                return;
            await world.DelayAsync(Pause);
        }
    }

    private async Task DeleteAsync(TopicPlan plan)
    {
        while (true)
        {
            var instance = await world.AnyInstanceAsync(client.Random);
            // Whoever was there before is gone once this is answered. The keeper alone creates it again, and not before.
            var deleted = world.PartitionsOf(plan.Name);
            var reply = await instance.CallAsync((engine, token) => engine.DeleteTopicAsync(plan.Name, token));
            world.Trace.Add(client.Name, $"deletes {plan.Name}: {(reply.IsAnswered ? "done" : reply.Refusal.ToString())}");
            if (reply.IsAnswered)
            {
                foreach (var partition in deleted)
                    world.Bury(await world.Chronicle.LookAsync(partition));
            }

            if (reply.IsAnswered || reply.Refusal == ErrorCode.UnknownTopicOrPartition)
                return;
            await world.DelayAsync(Pause);
        }
    }
}

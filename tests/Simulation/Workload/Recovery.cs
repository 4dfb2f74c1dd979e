using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Simulation.Judging;

namespace ManagedLog.Simulation.Workload;

/// <summary>
/// After the last fault: within a bound, every instance appends to every partition again and serves all of every log (I20), and then a quiet log costs nothing
/// (I23).
/// </summary>
internal sealed class Recovery(World world, Client client)
{
    /// <summary>
    /// Calls that were under way when the last fault ended may still run into their time-outs, one after the other; a frozen or dead instance must be back.
    /// </summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan SettlingTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan QuietTime = TimeSpan.FromMinutes(15);

    /// <summary>One append by each instance to each partition.</summary>
    public async Task AppendEverywhereAsync()
    {
        var deadline = world.Now + Bound.Ticks;
        var appends = from instance in world.Instances
                      from plan in world.Scenario.Topics
                      select AppendAsync(instance, plan, deadline);
        await Task.WhenAll(appends);
    }

    /// <summary>Reads every partition from its beginning to its end by every instance, and compares with what stands.</summary>
    public async Task ReadEverywhereAsync(IEnumerable<Instance> instances)
    {
        foreach (var instance in instances)
        {
            foreach (var plan in world.Scenario.Topics)
            {
                if (instance.Up is not { } up || await FindAsync(up, plan) is not { } topic)
                    world.Report("I20", $"{instance.Name} does not find {plan.Name} after the last fault");
                else
                {
                    for (var partition = 0; partition < topic.Partitions; partition++)
                        await ReadAsync(up, topic, partition);
                }
            }
        }
    }

    /// <summary>
    /// No timer calls for the housekeeping any more; returns when what it called for has ended, and so long ago that no instance still believes in what was before.
    /// </summary>
    public async Task EndTicksAsync()
    {
        world.Calendar.IsHeld = true;
        var deadline = world.Now + Bound.Ticks;
        while (world.Instances.Any(i => i.Up is { TicksUnderWay: > 0 }))
        {
            if (world.Now > deadline)
            {
                world.Report("I20", $"the housekeeping does not end within {Bound} after the last fault");
                return;
            }

            await world.DelayAsync(Pause);
        }

        await world.DelayAsync(world.Scenario.Engine.HeadMaxAge);
    }

    /// <summary>Nobody writes, nobody waits: no instance asks storage for anything.</summary>
    public async Task StayQuietAsync()
    {
        await world.DelayAsync(SettlingTime);
        var before = world.Instances.Select(i => i.Calls).ToList();
        await world.DelayAsync(QuietTime);
        foreach (var instance in world.Instances)
        {
            var calls = instance.Calls - before[instance.Number];
            if (calls != 0)
                world.Report("I23", $"{instance.Name} made {calls} storage calls in {QuietTime} in which nobody wanted anything");
        }
    }

    private async Task AppendAsync(Instance instance, TopicPlan plan, long deadline)
    {
        var known = await TryUntilAsync(deadline, async () => instance.Up is { } up ? await FindAsync(up, plan) : null);
        if (known is null)
        {
            world.Report("I20", $"{instance.Name} does not find {plan.Name} within {Bound} after the last fault");
            return;
        }

        for (var partition = 0; partition < known.Partitions; partition++)
        {
            var target = partition;
            var done = await TryUntilAsync(
                deadline, async () => instance.Up is { } up && await SendAsync(up, plan, target) == SendOutcome.Acknowledged ? known : null);
            if (done is null)
                world.Report("I20", $"{instance.Name} does not append to {plan.Name}-{partition} within {Bound} after the last fault");
        }
    }

    /// <summary>
    /// A deletion that nobody has heard of again, by a process that slept, may take the topic of that name as it is when it wakes up: then it is created once more.
    /// </summary>
    private async Task<Topic?> FindAsync(Incarnation instance, TopicPlan plan)
    {
        if (await client.FindAsync(instance, plan.Name) is var topic && (topic is not null || !plan.IsRecreated))
            return topic;
        var again = new NewTopic(plan.Name, plan.Partitions, null, plan.Configs, ValidateOnly: false);
        var reply = await instance.CallAsync((engine, token) => engine.CreateTopicAsync(again, token));
        world.Trace.Add(client.Name, $"creates {plan.Name} again: {(reply.IsAnswered ? "done" : reply.Refusal.ToString())}");
        return await client.FindAsync(instance, plan.Name);
    }

    private async Task<SendOutcome> SendAsync(Incarnation instance, TopicPlan plan, int partition) =>
        await FindAsync(instance, plan) is { } topic
            ? await client.SendAsync(instance, topic, partition, [Batches.Draw(client.Random, world.Loop.Time.GetUtcNow().ToUnixTimeMilliseconds(), plan.IsCompacted)])
            : SendOutcome.Failed;

    private async Task<T?> TryUntilAsync<T>(long deadline, Func<Task<T?>> attempt)
        where T : class
    {
        while (true)
        {
            if (await attempt() is { } done && world.Now <= deadline)
                return done;
            if (world.Now > deadline)
                return null;
            await world.DelayAsync(Pause);
        }
    }

    private async Task ReadAsync(Incarnation instance, Topic topic, int partition)
    {
        // Before anything makes it look: it knows by itself that what it knew is old.
        if (world.Chronicle.StartOf(topic.At(partition)) is var start and > 0)
            await client.CheckOutOfRangeAsync(instance, topic, partition, start);
        var served = new List<ReadOnlyMemory<byte>>();
        var from = FetchFrom.Earliest;
        while (true)
        {
            var request = new FetchRequest(from, 8192, TimeSpan.Zero);
            var reply = await instance.CallAsync((engine, token) => engine.FetchAsync(topic, partition, request, token));
            if (!reply.IsAnswered)
            {
                var answer = reply.IsLost ? "no answer" : reply.Result.Refusal?.ToString();
                world.Report("I20", $"{instance.Name} does not serve {topic.Name}-{partition} from {from} after the last fault: {answer}");
                return;
            }

            if (reply.Result.Value.Batches.Count == 0)
                break;
            served.AddRange(reply.Result.Value.Batches);
            from = FetchFrom.At(reply.Result.Value.NextOffset);
        }

        var image = await world.Chronicle.LookAsync(topic.At(partition));
        foreach (var violation in Judge.CheckServed(world.Chronicle.CurrentOf(image.Partition), served, instance.Name))
            world.Report(violation);
    }
}

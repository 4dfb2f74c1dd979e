using ManagedLog.Simulation.Judging;
using ManagedLog.Simulation.Scheduling;
using ManagedLog.Simulation.Workload;

namespace ManagedLog.Simulation;

/// <summary>
/// One run: several instances of the real engine over one storage, clients, faults, recovery, judgement. Everything in it follows from its seed.
/// </summary>
internal static class SimulationRun
{
    private static readonly TimeSpan VirtualLimit = TimeSpan.FromHours(3);

    /// <summary>After the last fault, all that clients began before must come to an end within this.</summary>
    private static readonly TimeSpan EndBound = TimeSpan.FromMinutes(5);

    public static RunReport Execute(ulong seed, Breakage breakage, bool keepTrace = false)
    {
        World? world = null;
        try
        {
            SimulationLoop.Run(seed, VirtualLimit, loop =>
            {
                world = new World(loop, seed, breakage, keepTrace);
                return RunAsync(world);
            });
        }
        catch (SimulationException e)
        {
            world!.Report("I21", e.Message);
        }

        return new RunReport(seed, breakage.Name, world!.Violations, world.Trace, FiguresOf(world));
    }

    private static async Task RunAsync(World world)
    {
        var supervisors = world.Instances.Select(i => i.SuperviseAsync()).ToList();
        var keeper = new TopicKeeper(world, NewClient(world, "keeper"));
        foreach (var plan in world.Scenario.Topics)
            await keeper.CreateAsync(plan);

        var witness = new Witness(world);
        var lasting = new List<Task> { witness.RunAsync() };
        lasting.AddRange(Enumerable.Range(0, world.Scenario.Readers).Select(i => new Reader(world, NewClient(world, $"reader{i}")).RunAsync()));
        var ending = Writers(world, keeper).ToList();
        ending.Add(new Disturber(world, world.Random.Fork()).RunAsync());

        // What a producer waits for may be an instance that only the end of all faults brings back.
        await Task.WhenAny(Task.WhenAll(ending), world.DelayAsync(EndBound));
        world.Heal();
        var recovery = new Recovery(world, NewClient(world, "recovery"));
        await recovery.AppendEverywhereAsync();
        await EndAsync(world, ending, "clients");

        world.IsOver = true;
        await Task.WhenAll(world.Instances.Select(i => i.LandedAsync()));
        await EndAsync(world, lasting, "readers");

        await recovery.ReadEverywhereAsync(world.Instances);
        JudgeAll(world, await witness.LookAsync());
        await recovery.StayQuietAsync();
        await Task.WhenAll(world.Instances.Where(i => i.Up is not null).Select(i => i.Up!.StopAsync()));
        await Task.WhenAll(supervisors);
    }

    private static async Task EndAsync(World world, List<Task> actors, string who)
    {
        await await Task.WhenAny(Task.WhenAll(actors), world.DelayAsync(EndBound));
        if (!actors.TrueForAll(t => t.IsCompleted))
            world.Report("I20", $"{actors.Count(t => !t.IsCompleted)} {who} have got no answer {EndBound} after the last fault");
    }

    private static void JudgeAll(World world, IReadOnlyList<LogImage> images)
    {
        var violations = images.SelectMany(image => Judge.CheckSeen(world.History.SeenOf(image.Partition), image));
        foreach (var log in world.History.Logs)
        {
            var incarnations = world.IncarnationsOf(log);
            var logs = images.Where(image => incarnations.Contains(image.Partition)).ToList();
            violations = violations.Concat(Judge.CheckHistory(log, world.History.AttemptsOf(log), logs));
        }

        foreach (var violation in violations)
            world.Report(violation);
    }

    private static IEnumerable<Task> Writers(World world, TopicKeeper keeper)
    {
        for (var i = 0; i < world.Scenario.Producers; i++)
            yield return new Producer(world, NewClient(world, $"producer{i}")).RunAsync();
        for (var i = 0; i < world.Scenario.IdempotentProducers; i++)
            yield return new IdempotentProducer(world, NewClient(world, $"idempotent{i}")).RunAsync();
        yield return new Duellist(world, NewClient(world, "duellist")).RunAsync();
        yield return new Sealer(world, world.Random.Fork()).RunAsync();
        yield return new Forger(world, NewClient(world, "forger")).RunAsync();
        foreach (var plan in world.Scenario.Topics)
            yield return plan.IsRecreated ? keeper.RecreateAsync(plan) : keeper.GrowAsync(plan);
    }

    private static Client NewClient(World world, string name) => new(world, name, world.Random.Fork());

    private static RunFigures FiguresOf(World world) => new(
        world.History.Acknowledged,
        world.History.Failed,
        world.History.Unknown,
        world.History.Seen,
        world.Effects.Seals,
        world.Effects.LimitsMet,
        world.Instances.Sum(i => i.Starts),
        world.Instances.Sum(i => i.Calls),
        TimeSpan.FromTicks(world.Now));
}

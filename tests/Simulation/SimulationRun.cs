using ManagedLog.Simulation.Judging;
using ManagedLog.Simulation.Scheduling;
using ManagedLog.Simulation.Workload;

namespace ManagedLog.Simulation;

/// <summary>
/// One run: several instances of the real engine over one storage, clients, faults, recovery, judgement. Everything in it follows from its seed.
/// </summary>
internal static class SimulationRun
{
    private static readonly TimeSpan VirtualLimit = TimeSpan.FromDays(15);

    /// <summary>After the last fault, all that clients began before must come to an end within this.</summary>
    private static readonly TimeSpan EndBound = TimeSpan.FromMinutes(5);

    public static RunReport<RunFigures> Execute(ulong seed, Breakage breakage, bool keepTrace = false)
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

        return new RunReport<RunFigures>(seed, "", breakage.Name, world!.Violations, world.Trace, FiguresOf(world));
    }

    private static async Task RunAsync(World world)
    {
        var supervisors = world.Instances.Select(i => i.SuperviseAsync()).ToList();
        var keeper = new TopicKeeper(world, NewClient(world, "keeper"));
        foreach (var plan in world.Scenario.Topics)
            await keeper.CreateAsync(plan);

        var lasting = new List<Task> { new Witness(world).RunAsync() };
        lasting.AddRange(Enumerable.Range(0, world.Scenario.Readers).Select(i => new Reader(world, NewClient(world, $"reader{i}")).RunAsync()));
        var resting = RestingWriters(world, keeper).ToList();
        lasting.Add(world.Calendar.RunAsync(resting.Count));
        List<Task> ending = [.. resting.Select(start => start()), .. OtherWriters(world)];

        // What a producer waits for may be an instance that only the end of all faults brings back.
        await Task.WhenAny(Task.WhenAll(ending), world.DelayAsync(world.Scenario.Lull + EndBound));
        world.Heal();
        var recovery = new Recovery(world, NewClient(world, "recovery"));
        await recovery.AppendEverywhereAsync();
        await EndAsync(world, ending, "clients");

        world.IsOver = true;
        await Task.WhenAll(world.Instances.Select(i => i.LandedAsync()));
        await EndAsync(world, lasting, "readers");
        await recovery.EndTicksAsync();

        await recovery.ReadEverywhereAsync(world.Instances);
        JudgeAll(world, await world.Chronicle.LookEverywhereAsync());
        await recovery.StayQuietAsync();
        await new Aftermath(world).PassAsync();
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
        var violations = images.SelectMany(image => Judge.CheckSeen(world.History.SeenOf(image.Partition), image).Concat(CheckSequences(image)));
        foreach (var log in world.History.Logs)
        {
            var incarnations = world.IncarnationsOf(log);
            var logs = images.Where(image => incarnations.Contains(image.Partition)).ToList();
            violations = violations.Concat(Judge.CheckHistory(log, world.History.AttemptsOf(log), logs));
        }

        foreach (var violation in violations)
            world.Report(violation);
    }

    /// <summary>Those who rest in the lull, each not started yet.</summary>
    private static IEnumerable<Func<Task>> RestingWriters(World world, TopicKeeper keeper)
    {
        for (var i = 0; i < world.Scenario.Producers; i++)
            yield return new Producer(world, NewClient(world, $"producer{i}")).RunAsync;
        for (var i = 0; i < world.Scenario.IdempotentProducers; i++)
            yield return new IdempotentProducer(world, NewClient(world, $"idempotent{i}")).RunAsync;
        if (world.Scenario.Deletions > 0)
            yield return new Eraser(world, NewClient(world, "eraser")).RunAsync;
        if (world.Scenario.Disturbances > 0)
            yield return new Disturber(world, world.Random.Fork()).RunAsync;
        foreach (var plan in world.Scenario.Topics.Where(plan => plan.IsRecreated))
            yield return () => keeper.RecreateAsync(plan);
    }

    private static IEnumerable<Task> OtherWriters(World world)
    {
        yield return new Duellist(world, NewClient(world, "duellist")).RunAsync();
        yield return new Sealer(world, world.Random.Fork()).RunAsync();
        yield return new Forger(world, NewClient(world, "forger")).RunAsync();
        if (world.Scenario.Lull > TimeSpan.Zero)
            yield return new Producer(world, NewClient(world, "trickler")).TrickleAsync();
        var grower = new TopicKeeper(world, NewClient(world, "grower"));
        foreach (var plan in world.Scenario.Topics.Where(plan => !plan.IsRecreated))
            yield return grower.GrowAsync(plan);
    }

    private static List<Violation> CheckSequences(LogImage image)
    {
        var found = new List<Violation>();
        LogImageReader.CheckSequences(image.Partition, image.Batches, found);
        return found;
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
        world.Chronicle.Rewrites,
        world.Chronicle.Advances,
        world.Chronicle.Removals,
        world.Chronicle.Sweeps,
        world.Chronicle.Compacted,
        world.Instances.Sum(i => i.Ticks),
        world.TimeLookups,
        world.Instances.Sum(i => i.PartitionsForgotten),
        TimeSpan.FromTicks(world.Now));
}

using System.Diagnostics.CodeAnalysis;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Log;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Scheduling;
using ManagedLog.Simulation.Workload;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedLog.Simulation.Groups;

/// <summary>One process of an instance, from its start to its death: an engine over its own network, with its own clock.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A process that is killed disposes of nothing.")]
internal sealed class GroupProcess : IFaultSource
{
    private readonly GroupWorld _world;
    private readonly int _instance;
    private readonly SeededRandom _random;
    private readonly TaskCompletionSource _ended = new();
    private readonly SimulationScheduler _process;
    private readonly FaultyBackend _network;
    private readonly ObservedBackend _storage;
    private readonly LogEngine _engine;

    public GroupProcess(GroupWorld world, int instance, string name, SeededRandom random, TimeSpan skew)
    {
        _world = world;
        _instance = instance;
        _random = random;
        _process = new SimulationScheduler(world.Loop, name);
        Clock = new VirtualTimeProvider(_process) { Skew = skew };
        IStorageBackend account = world.Scenario.LeasesLie ? new LyingLeaseBackend(world.Chronicle) : world.Chronicle;
        _network = new FaultyBackend(account, this, world.Loop.Time, world.Loop.World);
        _storage = new ObservedBackend(_network, _process, world.Trace);
        _engine = new LogEngine(_storage, world.Scenario.Engine, Clock, new SeededEntropy(random.Fork()), NullLogger.Instance, ProtocolRules.All, null, world.Breakage.Rules);
    }

    public string Name => _process.Name;

    public VirtualTimeProvider Clock { get; }

    public long Calls => _storage.Calls;

    public bool IsFrozen { get; private set; }

    public Task Ended => _ended.Task;

    /// <summary>Completes when no late effect of its calls is to come any more.</summary>
    public Task LandedAsync() => _network.LandedAsync();

    public async Task<bool> StartAsync()
    {
        var start = _process.Start(() => _engine.StartAsync(CancellationToken.None));
        await Task.WhenAny(start, Ended);
        return start.IsCompletedSuccessfully;
    }

    /// <summary>Calls for the housekeeping now and then, until the process ends.</summary>
    public Task HousekeepAsync() => _process.Start(async () =>
    {
        while (!_world.IsSettled)
        {
            await Task.Delay(_random.Between(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(40)), Clock);
            if (!_world.IsSettled)
                await TickOnceAsync();
        }
    });

    public async Task TickAsync()
    {
        var tick = _process.Start(TickOnceAsync);
        await Task.WhenAny(tick, Ended);
    }

    /// <summary>Runs one call of the engine as a request to this process.</summary>
    public async Task<Reply<T>> CallAsync<T>(Func<LogEngine, ValueTask<Result<T>>> call)
    {
        var answer = _process.Start(async () => await call(_engine));
        await Task.WhenAny(answer, Ended);
        if (!answer.IsCompleted)
            return Reply<T>.Lost;
        try
        {
            return Reply<T>.Of(await answer);
        }
        catch (Exception e) when (!_process.IsDead)
        {
            _world.Report("I22", $"{Name} threw instead of answering: {e}");
            return Reply<T>.Lost;
        }
    }

    public void Kill()
    {
        if (_process.IsDead)
            return;
        _world.Trace.Add(Name, "dies");
        _process.Kill();
        _ended.TrySetResult();
    }

    /// <summary>As if its machine stood still for a while.</summary>
    public async Task FreezeAsync(TimeSpan span)
    {
        if (IsFrozen)
            return;
        IsFrozen = true;
        _world.Trace.Add(Name, $"is frozen for {span}");
        _process.Pause();
        await Task.WhenAny(_world.DelayAsync(span), _world.Healed);
        _process.Resume();
        IsFrozen = false;
    }

    /// <summary>The call goes as the weather has it; and now and then the process dies with it, before it was sent, with it under way, or before its answer.</summary>
    public CallPlan Plan(StorageCall call)
    {
        var plan = _world.Weather.Plan(_instance, call);
        var danger = _world.DeathAtCall * (call.Verb is StorageVerb.CommitRows ? 5 : 1);
        if (danger == 0 || !_random.Chance(danger))
            return plan;
        Kill();
        return plan with { Fault = _random.Pick([Fault.LostRequest, Fault.None, _world.Weather.Late()]) };
    }

    private async Task TickOnceAsync()
    {
        try
        {
            await _engine.RunHousekeepingAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            _world.Report("I22", $"{Name} threw out of its housekeeping: {e}");
        }
    }
}

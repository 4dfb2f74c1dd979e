using System.Diagnostics.CodeAnalysis;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>One process of an instance, from its start to its death: an engine over its own network, with its own clock.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A process that is killed disposes of nothing; one that is stopped disposes of its engine.")]
internal sealed class Incarnation : IFaultSource
{
    private readonly World _world;
    private readonly int _instance;
    private readonly SeededRandom _random;
    private readonly TaskCompletionSource _ended = new();
    private readonly SimulationScheduler _process;
    private readonly FaultyBackend _network;
    private readonly ObservedBackend _storage;
    private readonly LogEngine _engine;

    public Incarnation(World world, int instance, string name, SeededRandom random, TimeSpan skew)
    {
        _world = world;
        _instance = instance;
        _random = random;
        _process = new SimulationScheduler(world.Loop, name);
        Clock = new VirtualTimeProvider(_process) { Skew = skew };
        _network = new FaultyBackend(world.Storage, this, world.Loop.Time, world.Loop.World);
        _storage = new ObservedBackend(_network, _process, world.Trace);
        _engine = new LogEngine(_storage, world.Scenario.Engine, Clock, new SeededEntropy(random.Fork()), new TraceLogger(world, name), world.Breakage.Rules);
    }

    public string Name => _process.Name;

    public VirtualTimeProvider Clock { get; }

    public long Calls => _storage.Calls;

    public bool IsStopping { get; private set; }

    /// <summary>Completes when the process is dead.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Completes when no late effect of its calls is to come any more.</summary>
    public Task LandedAsync() => _network.LandedAsync();

    /// <summary>False: the engine could not start, or was killed meanwhile.</summary>
    public async Task<bool> StartAsync()
    {
        var start = _process.Start(() => _engine.StartAsync(CancellationToken.None));
        if (await Task.WhenAny(start, Ended) != start)
            return false;
        if (start.Exception is not null)
            _world.Trace.Add(Name, $"did not start: {start.Exception.InnerException!.Message}");
        return start.IsCompletedSuccessfully;
    }

    /// <summary>Runs one call of the engine as a request to this process. After <paramref name="patience"/> the client hangs up.</summary>
    public async Task<Reply<T>> CallAsync<T>(Func<LogEngine, CancellationToken, ValueTask<Result<T>>> call, TimeSpan? patience = null)
    {
        using var hangUp = new CancellationTokenSource();
        var answer = _process.Start(async () => await call(_engine, hangUp.Token));
        if (patience is { } limit)
        {
            await Task.WhenAny(answer, Ended, _world.DelayAsync(limit));
            if (!answer.IsCompleted)
                await Task.WhenAny(_process.Start(() => Cancel(hangUp)), Ended);
        }

        await Task.WhenAny(answer, Ended);
        if (!answer.IsCompleted)
            return Reply<T>.Lost;
        try
        {
            return Reply<T>.Of(await answer);
        }
        catch (OperationCanceledException) when (hangUp.IsCancellationRequested)
        {
            return Reply<T>.Lost;
        }
        catch (ObjectDisposedException) when (_process.IsDead || IsStopping)
        {
            return Reply<T>.Lost;
        }
        catch (Exception e)
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

    /// <summary>Ends it as a host does that takes an instance away: the engine may finish first.</summary>
    public async Task StopAsync()
    {
        _world.Trace.Add(Name, "stops");
        IsStopping = true;
        var stopped = _process.Start(async () => await _engine.DisposeAsync());
        if (await Task.WhenAny(stopped, Ended, _world.DelayAsync(World.StopBound)) != stopped && !_process.IsDead)
            _world.Report("I20", $"{Name} does not stop within {World.StopBound}");
        else if (stopped.Exception is not null)
            _world.Report("I22", $"{Name} threw when it was stopped: {stopped.Exception.InnerException}");
        Kill();
    }

    public void Pause()
    {
        _world.Trace.Add(Name, "is frozen");
        _process.Pause();
    }

    public void Resume()
    {
        _world.Trace.Add(Name, "goes on");
        _process.Resume();
    }

    /// <summary>
    /// The call goes as the weather has it; and now and then the process dies with it, before it was sent, with it under way, or before its answer.
    /// </summary>
    public CallPlan Plan(StorageCall call)
    {
        var plan = _world.Weather.Plan(_instance, call);
        var danger = _world.DeathAtCall * (call.Verb is StorageVerb.CommitRows or StorageVerb.CreateAppendBlob ? 10 : 1);
        if (danger == 0 || !_random.Chance(danger))
            return plan;
        Kill();
        return plan with { Fault = _random.Pick([Fault.LostRequest, Fault.None, _world.Weather.Late()]) };
    }

    /// <summary>Not CancelAsync, which would run the engine's callbacks on another thread.</summary>
    private static Task Cancel(CancellationTokenSource source)
    {
        source.Cancel();
        return Task.CompletedTask;
    }
}

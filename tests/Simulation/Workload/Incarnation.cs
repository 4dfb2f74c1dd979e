using System.Diagnostics.CodeAnalysis;
using ManagedLog.Engine;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Metadata;
using ManagedLog.Simulation.Faults;
using ManagedLog.Simulation.Scheduling;

namespace ManagedLog.Simulation.Workload;

/// <summary>One process of an instance, from its start to its death: an engine over its own network, with its own clock.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A process that is killed disposes of nothing; one that is stopped disposes of its engine.")]
internal sealed class Incarnation : IFaultSource
{
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromHours(1);

    private readonly World _world;
    private readonly int _instance;
    private readonly SeededRandom _random;
    private readonly TaskCompletionSource _ended = new();
    private TaskCompletionSource _unreachable = new();
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
        var account = world.Scenario.LeasesLie ? new LyingLeaseBackend(world.Storage) : world.Storage;
        _network = new FaultyBackend(account, this, world.Loop.Time, world.Loop.World);
        _storage = new ObservedBackend(_network, _process, world.Trace);
        _engine = new LogEngine(_storage, world.Scenario.Engine, Clock, new SeededEntropy(random.Fork()), new TraceLogger(world, name), world.Breakage.Rules);
    }

    public string Name => _process.Name;

    public VirtualTimeProvider Clock { get; }

    public long Calls => _storage.Calls;

    public long PartitionsForgotten => _engine.PartitionsForgotten;

    /// <summary>How often its housekeeping was called for.</summary>
    public long Ticks { get; private set; }

    /// <summary>Ticks of its housekeeping that have begun and not ended.</summary>
    public int TicksUnderWay { get; private set; }

    public bool IsStopping { get; private set; }

    /// <summary>It stands still, for hours perhaps; nobody waits for it.</summary>
    public bool IsAsleep { get; private set; }

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

    /// <summary>Calls for the housekeeping now and then, as the product does, until the process ends. A tick may begin before the one before has ended.</summary>
    public Task HousekeepAsync() => _process.Start(async () =>
    {
        while (!IsStopping && !_world.IsOver)
        {
            await Task.Delay(_world.Calendar.NextTick(_random), Clock);
            if (_world.Calendar.IsHeld || IsStopping)
                continue;
            var tick = TickOnceAsync();
            if (!_random.Chance(0.2))
                await tick;
        }
    });

    /// <summary>One tick. Null: the process did not live to answer.</summary>
    public async Task<HousekeepingSummary?> TickAsync()
    {
        var tick = _process.Start(TickOnceAsync);
        await Task.WhenAny(tick, Ended);
        return tick.IsCompleted ? await tick : null;
    }

    /// <summary>Runs one call of the engine as a request to this process. After <paramref name="patience"/> the client hangs up.</summary>
    public async Task<Reply<T>> CallAsync<T>(Func<LogEngine, CancellationToken, ValueTask<Result<T>>> call, TimeSpan? patience = null)
    {
        using var hangUp = new CancellationTokenSource();
        var lost = _unreachable.Task;
        var answer = _process.Start(async () => await call(_engine, hangUp.Token));
        if (patience is { } limit)
        {
            await Task.WhenAny(answer, lost, _world.DelayAsync(limit));
            if (!answer.IsCompleted)
                await Task.WhenAny(_process.Start(() => Cancel(hangUp)), lost);
        }

        await Task.WhenAny(answer, lost);
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
        _unreachable.TrySetResult();
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

    private async Task<HousekeepingSummary?> TickOnceAsync()
    {
        Ticks++;
        TicksUnderWay++;
        try
        {
            var result = await _engine.RunHousekeepingAsync(CancellationToken.None);
            if (result.IsRefused)
                _world.Trace.Add(Name, $"cannot do the housekeeping: {result.Refusal.Code}");
            else if (result.Value.IsElected)
                _world.Trace.Add(Name, $"has done the housekeeping: {result.Value}");
            return result.IsRefused ? null : result.Value;
        }
        catch (Exception e)
        {
            _world.Report("I22", $"{Name} threw out of its housekeeping: {e}");
            return null;
        }
        finally
        {
            TicksUnderWay--;
        }
    }

    /// <summary>
    /// The call goes as the weather has it; and now and then the process dies with it, before it was sent, with it under way, or before its answer.
    /// </summary>
    public CallPlan Plan(StorageCall call)
    {
        var plan = _world.Weather.Plan(_instance, call);
        var danger = _world.DeathAtCall * (call.Verb is StorageVerb.CommitRows or StorageVerb.CreateAppendBlob ? 10 : 1);
        if (!IsStopping && !IsAsleep && IsNaming(call) && _world.MaySleep(_random))
            return plan with { Fault = Fault.Before(SleepAsync) };
        if (danger == 0 || !_random.Chance(danger))
            return plan;
        Kill();
        return plan with { Fault = _random.Pick([Fault.LostRequest, Fault.None, _world.Weather.Late()]) };
    }

    /// <summary>The call that puts something which its process has just made into a head or a chain.</summary>
    private static bool IsNaming(StorageCall call) => call is { Verb: StorageVerb.CommitRows, Target: StorageLayout.PartitionsTable }
        && (call.Key.Contains(StorageLayout.SegmentRowKeyPrefix, StringComparison.Ordinal) || call.Key.EndsWith(StorageLayout.HeadRowKey, StringComparison.Ordinal));

    /// <summary>The process stands still before the call goes out, for hours, or until the last fault has been.</summary>
    private async Task SleepAsync()
    {
        var span = _random.LogBetween(ShortestSleep, _world.Scenario.Lull + ShortestSleep);
        _world.Trace.Add(Name, $"sleeps for {span}");
        IsAsleep = true;
        _process.Pause();
        _unreachable.TrySetResult();
        await Task.WhenAny(_world.DelayAsync(span), _world.Healed);
        _world.Trace.Add(Name, "wakes up");
        _unreachable = new TaskCompletionSource();
        if (_process.IsDead)
            _unreachable.TrySetResult();
        _process.Resume();
        IsAsleep = false;
    }

    /// <summary>Not CancelAsync, which would run the engine's callbacks on another thread.</summary>
    private static Task Cancel(CancellationTokenSource source)
    {
        source.Cancel();
        return Task.CompletedTask;
    }
}

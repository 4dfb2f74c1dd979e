namespace ManagedLog.Simulation.Scheduling;

/// <summary>
/// One thread, virtual time, and a seed: runs the tasks of any number of simulated processes. Whatever is ready runs in an order drawn from the seed; time
/// stands still meanwhile, and jumps to the next timer when nothing is ready.
/// </summary>
internal sealed class SimulationLoop
{
    private readonly List<(SimulationScheduler Owner, Task Task)> _ready = [];
    private readonly PriorityQueue<(VirtualTimer Timer, int Version), (long Due, long Order)> _timers = new();
    private readonly SeededRandom _order;
    private readonly Thread _thread = Thread.CurrentThread;
    private SimulationException? _escape;
    private long _timersSet;

    private SimulationLoop(SeededRandom order)
    {
        _order = order;
        World = new SimulationScheduler(this, "world");
        Time = new VirtualTimeProvider(World);
    }

    /// <summary>Where everything runs that belongs to no simulated process: clients, the network, the judge.</summary>
    public SimulationScheduler World { get; }

    /// <summary>The true time. Processes see it through clocks of their own.</summary>
    public VirtualTimeProvider Time { get; }

    /// <summary>Virtual ticks of 100 ns since the run began.</summary>
    public long Elapsed { get; private set; }

    public long Steps { get; private set; }

    /// <summary>Ends the run after the current step, whatever is still under way.</summary>
    public bool IsStopped { get; set; }

    internal bool IsCurrentThread => Thread.CurrentThread == _thread;

    /// <summary>
    /// Runs <paramref name="body"/> on the calling thread until its task has ended (and throws what it threw), until <see cref="IsStopped"/>, or until
    /// <paramref name="limit"/> of virtual time or <paramref name="maxSteps"/> have passed, which is an error.
    /// </summary>
    public static void Run(ulong seed, TimeSpan limit, Func<SimulationLoop, Task> body, long maxSteps = 1_000_000)
    {
        var outside = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var loop = new SimulationLoop(new SeededRandom(seed));
            var main = loop.World.Start(() => body(loop));
            while (!main.IsCompleted && !loop.IsStopped)
            {
                if (loop._escape is { } escape)
                    throw escape;
                if (loop.Elapsed > limit.Ticks || loop.Steps > maxSteps)
                    throw new SimulationException($"The run did not end within {limit} of virtual time and {maxSteps} steps.");
                loop.Step();
            }

            if (loop._escape is { } last)
                throw last;
            if (main.IsCompleted)
                main.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outside);
        }
    }

    internal void Enqueue(SimulationScheduler owner, Task task) => _ready.Add((owner, task));

    /// <summary>Takes what is ready of one process out, in its order.</summary>
    internal List<Task> Drop(SimulationScheduler owner)
    {
        var dropped = _ready.Where(r => r.Owner == owner).Select(r => r.Task).ToList();
        _ready.RemoveAll(r => r.Owner == owner);
        return dropped;
    }

    internal void SetTimer(VirtualTimer timer, int version, TimeSpan due) =>
        _timers.Enqueue((timer, version), (Elapsed + Math.Max(0, due.Ticks), ++_timersSet));

    /// <summary>Remembers the first task that left the simulation: the run fails with it even if whoever is told swallows the exception.</summary>
    internal SimulationException Escaped(string message)
    {
        var escape = new SimulationException(message);
        Interlocked.CompareExchange(ref _escape, escape, null);
        return escape;
    }

    private void Step()
    {
        Steps++;
        if (_ready.Count == 0)
        {
            FireTimers();
            return;
        }

        var index = _order.Below(_ready.Count);
        var (owner, task) = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        owner.Execute(task);
    }

    /// <summary>Jumps to the next timer that is still set, and makes it and all others of that instant ready.</summary>
    private void FireTimers()
    {
        while (_timers.TryPeek(out var next, out var at))
        {
            if (next.Timer.IsSet(next.Version))
            {
                Elapsed = Math.Max(Elapsed, at.Due);
                break;
            }

            _timers.Dequeue();
        }

        if (_timers.Count == 0)
        {
            // A task that left for another thread may be on its way to say so; this run has failed in either case.
            SpinWait.SpinUntil(() => Volatile.Read(ref _escape) is not null, TimeSpan.FromSeconds(2));
            throw _escape ?? new SimulationException("Nothing is ready and no timer is set: the run waits for something that never comes.");
        }

        while (_timers.TryPeek(out var next, out var at) && at.Due <= Elapsed)
        {
            _timers.Dequeue();
            next.Timer.Fire(next.Version);
        }
    }
}

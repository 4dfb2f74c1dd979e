namespace ManagedLog.Simulation.Scheduling;

/// <summary>
/// The tasks of one simulated process. All schedulers of a <see cref="SimulationLoop"/> share its one thread; each can be paused, or killed at any await point.
/// </summary>
/// <remarks>
/// Nothing is ever run inline, so that each continuation is a step of its own that others can come before. A blocking wait on a task of the simulation would
/// therefore never end; product code has none.
/// </remarks>
internal sealed class SimulationScheduler(SimulationLoop loop, string name) : TaskScheduler
{
    private readonly List<Task> _held = [];
    private bool _paused;

    public string Name { get; } = name;

    public SimulationLoop Loop { get; } = loop;

    /// <summary>Its tasks never run again, what was ready included: a process that was killed.</summary>
    public bool IsDead { get; private set; }

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Runs <paramref name="body"/> and all that it starts here.</summary>
    public Task Start(Func<Task> body) => Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();

    public Task<T> Start<T>(Func<Task<T>> body) => Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();

    public void Kill()
    {
        IsDead = true;
        _held.Clear();
        Loop.Drop(this);
    }

    /// <summary>As if the machine had stopped the process (a long garbage collection, a frozen host): nothing of it runs until <see cref="Resume"/>.</summary>
    public void Pause()
    {
        _paused = true;
        _held.AddRange(Loop.Drop(this));
    }

    public void Resume()
    {
        _paused = false;
        foreach (var task in _held)
            QueueTask(task);
        _held.Clear();
    }

    /// <summary>Throws, and fails the whole run, unless the caller runs as a task of this scheduler on the loop's thread.</summary>
    public void AssertCurrent(string where)
    {
        if (Loop.IsCurrentThread && Current == this)
            return;
        var other = Current is SimulationScheduler process ? process.Name : "no simulated process";
        throw Loop.Escaped($"{Name}: {where} is not on its own scheduler but on that of {other}.");
    }

    internal void Execute(Task task) => TryExecuteTask(task);

    protected override void QueueTask(Task task)
    {
        if (!Loop.IsCurrentThread)
            Loop.Escaped($"{Name}: a task was queued by another thread: {Environment.StackTrace}");
        else if (IsDead)
            return;
        else if (_paused)
            _held.Add(task);
        else
            Loop.Enqueue(this, task);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [.. _held];
}

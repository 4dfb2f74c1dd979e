namespace ManagedLog.Simulation.Faults;

/// <summary>One fault of one storage call, made by the members below.</summary>
public sealed class Fault
{
    private Fault(FaultKind kind, Func<TimeProvider, Task>? step = null)
    {
        Kind = kind;
        Step = step;
    }

    public static Fault None { get; } = new(FaultKind.None);

    /// <inheritdoc cref="FaultKind.LostRequest"/>
    public static Fault LostRequest { get; } = new(FaultKind.LostRequest);

    /// <inheritdoc cref="FaultKind.LostReply"/>
    public static Fault LostReply { get; } = new(FaultKind.LostReply);

    /// <inheritdoc cref="FaultKind.Throttled"/>
    public static Fault Throttled { get; } = new(FaultKind.Throttled);

    /// <inheritdoc cref="FaultKind.Refused"/>
    public static Fault Refused { get; } = new(FaultKind.Refused);

    /// <inheritdoc cref="FaultKind.Hang"/>
    public static Fault Hang { get; } = new(FaultKind.Hang);

    public FaultKind Kind { get; }

    /// <summary>Late: what the effect waits for. Before, After: what is done there.</summary>
    internal Func<TimeProvider, Task>? Step { get; }

    /// <summary>Unknown now, and the effect after <paramref name="delay"/> on the backend's clock.</summary>
    public static Fault Late(TimeSpan delay) => new(FaultKind.Late, time => Task.Delay(delay, time));

    /// <summary>Unknown now, and the effect once <paramref name="landing"/> has completed; <see cref="FaultyBackend.LandedAsync"/> waits for it.</summary>
    public static Fault LateUntil(Task landing) => new(FaultKind.Late, _ => landing);

    /// <summary>Runs <paramref name="step"/> to its end before the call takes effect: another writer, a seal, a clock that moves on.</summary>
    public static Fault Before(Func<Task> step) => new(FaultKind.Before, _ => step());

    /// <summary>Runs <paramref name="step"/> to its end after the effect and before the answer.</summary>
    public static Fault After(Func<Task> step) => new(FaultKind.After, _ => step());

    public override string ToString() => Kind.ToString();
}

namespace ManagedLog.Engine.Backend;

/// <summary>The answer of one storage call. Expected failures are values; an exception from a backend means that the call itself was wrong (or not allowed) and took no effect.</summary>
public readonly record struct Outcome<T>
{
    public OutcomeStatus Status { get; init; }

    /// <summary>Meaningful only when <see cref="Status"/> is <see cref="OutcomeStatus.Done"/>.</summary>
    public T Value { get; init; }

    public ConditionFailure Failure { get; init; }

    /// <summary>For a refused row batch: the index of the operation that failed; otherwise −1.</summary>
    public int FailedOperation { get; init; }

    /// <summary>What the service said, for logs and messages; never parsed.</summary>
    public string? Detail { get; init; }

    public bool IsDone => Status == OutcomeStatus.Done;

    public bool Failed(ConditionFailure failure) => Status == OutcomeStatus.ConditionFailed && Failure == failure;

    /// <summary>The same failure for a call that would have answered something else. Not for a call that was done.</summary>
    public Outcome<TOther> As<TOther>() => IsDone
        ? throw new InvalidOperationException("A call that was done has a value and cannot be turned into another failure.")
        : new() { Status = Status, Failure = Failure, FailedOperation = FailedOperation, Detail = Detail };

    public override string ToString() => Status switch
    {
        OutcomeStatus.Done => $"Done({Value})",
        OutcomeStatus.ConditionFailed => $"ConditionFailed({Failure}) {Detail}",
        OutcomeStatus.Missing => $"Missing {Detail}",
        OutcomeStatus.Throttled => $"Throttled {Detail}",
        OutcomeStatus.Unknown => $"Unknown {Detail}",
        _ => throw new InvalidOperationException($"No such status: {Status}"),
    };
}

/// <summary>Makes outcomes.</summary>
public static class Outcome
{
    public static Outcome<T> Done<T>(T value) => new() { Status = OutcomeStatus.Done, Value = value, FailedOperation = -1 };

    public static Outcome<Nothing> Done() => Done(default(Nothing));

    public static Outcome<T> ConditionFailed<T>(ConditionFailure failure, string? detail = null, int operation = -1) =>
        new() { Status = OutcomeStatus.ConditionFailed, Failure = failure, Detail = detail, FailedOperation = operation };

    public static Outcome<T> Missing<T>(string? detail = null, int operation = -1) =>
        new() { Status = OutcomeStatus.Missing, Detail = detail, FailedOperation = operation };

    public static Outcome<T> Throttled<T>(string? detail = null) => new() { Status = OutcomeStatus.Throttled, Detail = detail, FailedOperation = -1 };

    public static Outcome<T> Unknown<T>(string? detail = null) => new() { Status = OutcomeStatus.Unknown, Detail = detail, FailedOperation = -1 };
}

/// <summary>The value of a call that answers only whether it was done.</summary>
public readonly record struct Nothing;

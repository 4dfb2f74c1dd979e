namespace ManagedLog.Engine.Log;

/// <summary>Somebody wants to know of what others appended. Answered with a look at storage that began after it was asked.</summary>
internal sealed class RefreshRequest(bool head, long startsAt = 0)
{
    private readonly TaskCompletionSource<Refusal?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The head too, not the tail alone.</summary>
    public bool Head { get; } = head;

    /// <summary>What whoever asks knows of the log start: it counts even if the look fails.</summary>
    public long StartsAt { get; } = startsAt;

    public Task<Refusal?> Answer => _answer.Task;

    public void Done() => _answer.TrySetResult(null);

    public void Fail(Refusal refusal) => _answer.TrySetResult(refusal);
}

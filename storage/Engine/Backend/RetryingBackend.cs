namespace ManagedLog.Engine.Backend;

/// <summary>
/// Repeats calls that only look, when the service was busy or did not answer: at most <see cref="MaxTries"/> tries, pauses that begin at
/// <see cref="FirstPause"/> and double, with jitter, and no new try after <see cref="MaxTotal"/>.
/// </summary>
/// <remarks>Calls that change something go through once: what an unknown outcome of theirs means is for the caller to find out by reading.</remarks>
public sealed class RetryingBackend : InterceptingBackend
{
    public const int MaxTries = 4;

    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    public static readonly TimeSpan MaxTotal = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time;
    private readonly Entropy _entropy;
    private readonly StorageMeter? _meter;

    public RetryingBackend(IStorageBackend inner, TimeProvider time, Entropy entropy)
        : this(inner, time, entropy, null)
    {
    }

    internal RetryingBackend(IStorageBackend inner, TimeProvider time, Entropy entropy, StorageMeter? meter)
        : base(inner)
    {
        _time = time;
        _entropy = entropy;
        _meter = meter;
    }

    protected override ValueTask<Outcome<T>> InvokeAsync<T>(
        StorageCall call, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(proceed);
        return call.IsRead ? RetryAsync(call.Verb, proceed, cancellationToken) : proceed(cancellationToken);
    }

    private async ValueTask<Outcome<T>> RetryAsync<T>(StorageVerb verb, Func<CancellationToken, ValueTask<Outcome<T>>> proceed, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var pause = FirstPause;
        for (var tries = 1; ; tries++)
        {
            var outcome = await proceed(cancellationToken);
            if (outcome.Status is not (OutcomeStatus.Throttled or OutcomeStatus.Unknown) || tries == MaxTries)
                return outcome;
            var wait = _entropy.Jitter(pause);
            if (_time.GetElapsedTime(started) + wait > MaxTotal)
                return outcome;
            await Task.Delay(wait, _time, cancellationToken);
            _meter?.Retried(verb);
            pause *= 2;
        }
    }
}

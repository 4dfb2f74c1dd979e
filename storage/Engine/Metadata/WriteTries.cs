using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata;

/// <summary>
/// How long one change of metadata goes on trying: at most <see cref="MaxFailures"/> calls that storage did not answer or was too busy for, any number that somebody
/// else was faster than, and none that would begin after <see cref="MaxTotal"/>. Between them pauses that double, with jitter.
/// Only for changes that may be tried again after an unknown outcome, because a condition of theirs lets at most one of the tries take effect.
/// </summary>
internal sealed class WriteTries(TimeProvider time, Entropy entropy)
{
    public const int MaxFailures = 4;

    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    public static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan MaxTotal = TimeSpan.FromSeconds(15);

    private readonly long _started = time.GetTimestamp();
    private TimeSpan _pause = FirstPause;
    private int _failures;

    /// <summary>A call of unknown outcome is among the tries: it may have taken effect, and may still.</summary>
    public bool MayHaveHappened { get; private set; }

    /// <summary>Takes note of a call that was not done. After a pause, answers whether to try again.</summary>
    public async ValueTask<bool> AgainAsync(OutcomeStatus status, CancellationToken cancellationToken)
    {
        switch (status)
        {
            case OutcomeStatus.ConditionFailed or OutcomeStatus.Missing:
                break;
            case OutcomeStatus.Throttled:
                _failures++;
                break;
            case OutcomeStatus.Unknown:
                MayHaveHappened = true;
                _failures++;
                break;
            case OutcomeStatus.Done:
            default:
                throw new ArgumentOutOfRangeException(nameof(status), status, "Only what was not done is tried again.");
        }

        var wait = entropy.Jitter(_pause);
        if (_failures == MaxFailures || time.GetElapsedTime(_started) + wait > MaxTotal)
            return false;
        await Task.Delay(wait, time, cancellationToken);
        _pause = _pause * 2 < MaxPause ? _pause * 2 : MaxPause;
        return true;
    }

    /// <summary>What to answer when trying ends without knowing more.</summary>
    public Refusal GiveUp(string doing) => MayHaveHappened ? MetadataRefusals.OutcomeUnknown(doing) : MetadataRefusals.NothingChanged(doing);
}

namespace ManagedLog.Engine.Log;

/// <summary>
/// When the next block of a partition begins. On an idle partition at once; under load not before the topic's linger has passed since the last one began. Where an append takes
/// longer than that, another half of the load would always be on its way while one half is being appended, and every block be half as full as it could be. So those who were
/// just answered get a moment to send again: until as many wait as there were, but no longer than half an append or the linger. Where they do not come (whoever sends at a pace
/// of his own waits for no answer), it is tried again only after some blocks, and then for as long as an append takes: without a pause another instance that was refused
/// and reads what stands would come too late each time, where reading takes as long as appending, and this one would never learn of it.
/// </summary>
internal sealed class BlockPace
{
    /// <summary>After those who were waited for did not come.</summary>
    public const int BlocksWithoutGathering = 16;

    /// <summary>No pause is longer.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private long _beganAt;
    private long _endedAt;
    private int _answered;
    private int _waiting;
    private int _notBefore;
    private bool _isPauseDue;

    public BlockPace(TimeProvider time, TimeSpan linger)
    {
        _time = time;
        _endedAt = time.GetTimestamp();
        _beganAt = _endedAt - (long)(time.TimestampFrequency * linger.TotalSeconds);
    }

    /// <summary>So many requests would be all that were there at the end of the last block.</summary>
    public int Expected => _answered + _waiting;

    public void Begin() => _beganAt = _time.GetTimestamp();

    /// <param name="answered">The requests of the block.</param>
    /// <param name="waiting">Those that came meanwhile.</param>
    public void End(int answered, int waiting)
    {
        _endedAt = _time.GetTimestamp();
        (_answered, _waiting) = (answered, waiting);
        if (_notBefore > 0 && --_notBefore == 0)
            _isPauseDue = true;
    }

    /// <summary>It was gathered, and so many wait now: if not even half of those who were answered have come again, it was for nothing.</summary>
    public void Gathered(int waiting)
    {
        _isPauseDue = false;
        if ((waiting - _waiting) * 2 < _answered)
            _notBefore = BlocksWithoutGathering;
    }

    /// <summary>How long until the linger has passed; not positive: it has.</summary>
    public TimeSpan UntilDue(TimeSpan linger) => linger - _time.GetElapsedTime(_beganAt);

    /// <summary>How long those who were answered by the last block are waited for; not positive: no longer.</summary>
    public TimeSpan UntilGathered(TimeSpan linger)
    {
        if (_answered == 0 || _notBefore > 0 || linger == TimeSpan.Zero)
            return TimeSpan.Zero;
        var took = _time.GetElapsedTime(_beganAt, _endedAt);
        var (patience, most) = _isPauseDue ? (took, LongestPause) : (took / 2, linger);
        return (patience < most ? patience : most) - _time.GetElapsedTime(_endedAt);
    }
}

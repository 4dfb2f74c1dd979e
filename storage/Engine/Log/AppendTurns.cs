namespace ManagedLog.Engine.Log;

/// <summary>
/// When to append while other instances append to the same partition all the time. Each has to read what the others wrote before it can append, so two that begin at once
/// only refuse each other. The log itself tells who they are (every instance stamps its batches with an id of its own) and who was last, so all of them come to the same order
/// without a word to each other: by their ids, round and round. Whose turn it is reads and appends; the others wait for as long as those before them are likely to take. It only
/// ever delays an append, and by little: who has nothing to append is passed over, and nothing is unsafe when instances disagree.
/// </summary>
internal sealed class AppendTurns(TimeProvider time)
{
    /// <summary>Whoever appended twice within this time, or within a few rounds, is likely to append again.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(250);

    /// <summary>Nobody is waited for longer, whatever the log seems to say.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    private const int RoundsRemembered = 4;
    private const double Smoothing = 0.25;

    private readonly Dictionary<long, (long Last, long Before)> _others = [];
    private bool _isRefused;
    private long _own;
    private long _last;
    private long _lastAt;
    private double _appendSeconds;
    private double _readSeconds;

    /// <summary>Nobody comes between the last one and this instance, as of the last <see cref="Wait"/>.</summary>
    public bool IsNext { get; private set; }

    /// <summary>How long one of them takes to read and append, as far as this instance can tell from itself.</summary>
    public TimeSpan Turn => TimeSpan.FromSeconds(Math.Min(_appendSeconds + _readSeconds, LongestWait.TotalSeconds));

    /// <summary>One of the others' blocks was read. Before this instance has appended itself, what it reads is the past.</summary>
    public void Saw(long producerId)
    {
        if (_own == 0 || producerId == _own)
            return;
        var now = time.GetTimestamp();
        // Several batches on end are one turn, in one block or in several.
        if (_isRefused)
            _others[producerId] = (now, now);
        else if (!_others.TryGetValue(producerId, out var seen))
            _others.Add(producerId, (now, long.MinValue));
        else
            _others[producerId] = (now, _last == producerId ? seen.Before : seen.Last);
        (_last, _lastAt) = (producerId, now);
    }

    /// <summary>An append of this instance met somebody else's: whoever is read now is one who appends at this time.</summary>
    public void Refused() => _isRefused = true;

    /// <summary>This instance has appended a block.</summary>
    public void Appended(long ownId, TimeSpan took)
    {
        _own = ownId;
        _isRefused = false;
        (_last, _lastAt) = (ownId, time.GetTimestamp());
        _appendSeconds += Smoothing * (took.TotalSeconds - _appendSeconds);
    }

    /// <summary>The tail was read, which took so long.</summary>
    public void Looked(TimeSpan took) => _readSeconds += Smoothing * (took.TotalSeconds - _readSeconds);

    /// <summary>Null: nobody else appends here. Otherwise how long to wait before it is this instance's turn to look at the tail and append.</summary>
    public TimeSpan? Wait()
    {
        if (_others.Count == 0)
            return null;
        var now = time.GetTimestamp();
        var turn = Turn;
        var window = turn * RoundsRemembered * (_others.Count + 1);
        if (window < Window)
            window = Window;
        foreach (var (id, seen) in _others)
        {
            if (time.GetElapsedTime(seen.Last, now) > window)
                _others.Remove(id);
        }

        // From the last one on: those that come between it and us. If we were last, that is everybody else.
        var before = 0;
        var any = false;
        foreach (var (id, seen) in _others)
        {
            if (seen.Before == long.MinValue || time.GetElapsedTime(seen.Before, now) > window)
                continue;
            any = true;
            if (id != _last && IsBetween(_last, id, _own))
                before++;
        }

        IsNext = before == 0;
        if (!any)
            return null;
        var wait = (turn * before) - time.GetElapsedTime(_lastAt, now);
        return wait <= TimeSpan.Zero ? TimeSpan.Zero : wait < LongestWait ? wait : LongestWait;
    }

    /// <summary>Going up from one id, and from the largest on to the smallest, is this one met before the end? Where both are the same the way is a whole round.</summary>
    private static bool IsBetween(long from, long id, long end) => from < end ? id > from && id < end : id > from || id < end;
}

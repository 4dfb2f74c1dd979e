namespace ManagedLog.Engine.Log;

/// <summary>
/// How often the tail is looked at, by what came lately. Right after an arrival at the least interval, then less and less often. While arrivals keep coming, never so seldom
/// that a record lies long for the time between two of them: a sixteenth of that on average, so that how fast it is found costs so many looks for each arrival
/// and no more. Once it has been quiet for much longer than usual, ever less often, up to the longest interval.
/// </summary>
internal sealed class TailPace(EngineOptions options)
{
    /// <summary>More would find a record sooner, and each look is paid for.</summary>
    private const int LooksForEachGap = 16;

    /// <summary>When arrivals come by chance, one gap in some thousands is longer than this many mean ones.</summary>
    private const int GapsUntilQuiet = 8;

    /// <summary>The weight of the last gap against those before it: one over this.</summary>
    private const int Smoothing = 4;

    private TimeSpan? _gap;
    private TimeSpan _quiet;
    private bool _sinceArrival;

    /// <summary>From one look to the next.</summary>
    public TimeSpan Interval { get; private set; } = options.MinTailInterval;

    /// <summary>The watching begins: nobody knows what came before.</summary>
    public void Begin()
    {
        Interval = options.MinTailInterval;
        _quiet = TimeSpan.Zero;
        _sinceArrival = false;
    }

    /// <summary>A look has ended, so long after the last one, and found something or nothing.</summary>
    public void Note(bool found, TimeSpan elapsed)
    {
        _quiet += elapsed;
        if (!found)
        {
            var least = Interval * 2;
            Interval = least < Ceiling ? least : Ceiling;
            return;
        }

        if (_sinceArrival)
        {
            var gap = _quiet < options.MaxTailInterval * LooksForEachGap ? _quiet : options.MaxTailInterval * LooksForEachGap;
            _gap = _gap is { } before ? before + ((gap - before) / Smoothing) : gap;
        }

        Begin();
        _sinceArrival = true;
    }

    private TimeSpan Ceiling
    {
        get
        {
            if (_gap is not { } gap || _quiet >= gap * GapsUntilQuiet)
                return options.MaxTailInterval;
            var pace = gap / LooksForEachGap > options.SteadyTailInterval ? gap / LooksForEachGap : options.SteadyTailInterval;
            return pace < options.MaxTailInterval ? pace : options.MaxTailInterval;
        }
    }
}

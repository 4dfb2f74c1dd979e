namespace ManagedLog.Engine.Insight;

/// <summary>What is asked of the history.</summary>
/// <param name="From">Ms since 1970.</param>
/// <param name="To">Exclusive.</param>
/// <param name="Step">In ms; what is asked for is at most <see cref="MaxPoints"/> of them.</param>
public sealed record HistoryRequest(long From, long To, long Step)
{
    public const int MaxPoints = 1_500;
}

/// <summary>A part of what was asked for, from its beginning on.</summary>
/// <param name="ReachedTo">Where the points end, in ms since 1970: what was asked for, or earlier, where one call would have taken too long.</param>
/// <param name="IsKept">False: nothing was ever written down; the history is turned off, or nothing has happened yet.</param>
public sealed record HistoryResult(IReadOnlyList<HistoryPoint> Points, long ReachedTo, bool IsKept);

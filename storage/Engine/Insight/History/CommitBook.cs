namespace ManagedLog.Engine.Insight;

/// <summary>
/// What groups have committed of one topic through this instance. The same offset again is no news, and alone no reason for a report; but it is told with the next one, since
/// another instance may have taken another commit between. Any number of threads may note.
/// </summary>
internal sealed class CommitBook
{
    /// <summary>Partitions of groups: a few hundred bytes each.</summary>
    public const int MaxKept = 5_000;

    private readonly Dictionary<(string Group, int Partition), Kept> _kept = [];
    private readonly Lock _lock = new();
    private long _leftOut;
    private bool _hasNews;

    public bool HasNews
    {
        get
        {
            lock (_lock)
                return _hasNews;
        }
    }

    /// <summary>True: it is news.</summary>
    public bool Note(CommitGauge commit)
    {
        lock (_lock)
        {
            var key = (commit.Group, commit.Partition);
            var isKnown = _kept.TryGetValue(key, out var before);
            if (!isKnown && _kept.Count >= MaxKept)
            {
                _leftOut++;
                return _hasNews = true;
            }

            _kept[key] = new Kept(commit, before.Reported, IsNew: true);
            var isNews = commit.Offset != before.Reported;
            _hasNews |= isNews;
            return isNews;
        }
    }

    /// <summary>All since the last time, by group and partition, and how many commits had no place. Counts as reported from here on.</summary>
    public (IReadOnlyList<CommitGauge> Commits, long LeftOut) Take()
    {
        lock (_lock)
        {
            var taken = _kept.Where(kept => kept.Value.IsNew).Select(kept => kept.Value.Commit)
                .OrderBy(commit => commit.Group, StringComparer.Ordinal).ThenBy(commit => commit.Partition).ToArray();
            foreach (var commit in taken)
                _kept[(commit.Group, commit.Partition)] = new Kept(commit, commit.Offset, IsNew: false);

            // What is reported is only there to compare with: rather a report too many than groups that have no place.
            if (_kept.Count > MaxKept / 2)
                _kept.Clear();
            var leftOut = _leftOut;
            (_leftOut, _hasNews) = (0, false);
            return (taken, leftOut);
        }
    }

    private readonly record struct Kept(CommitGauge Commit, long? Reported, bool IsNew);
}

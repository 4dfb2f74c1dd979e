using ManagedLog.Engine.Groups;

namespace ManagedLog.Engine.Insight;

/// <summary>How far a group was behind in a topic at the end of a step.</summary>
/// <param name="Lag">Null: the end of a partition that it has committed something of is not known.</param>
public readonly record struct HistoryLag(GroupId Group, long? Lag);

/// <summary>
/// How far groups were behind in one topic, from what they committed and where logs ended, each as it was last known at the end of a step. Reports may come in any order. Pure but
/// for what it gathers.
/// </summary>
internal sealed class LagSeries(long from, long step, int count)
{
    private readonly Dictionary<int, long>?[] _ends = new Dictionary<int, long>?[count];
    private readonly Dictionary<(string Group, int Partition), (long Offset, long At)>?[] _commits = new Dictionary<(string Group, int Partition), (long Offset, long At)>?[count];

    public void Add(ActivityReport report)
    {
        foreach (var gauge in report.Partitions)
            AddEnd(gauge.Partition, gauge.LogEnd, report.To);
        foreach (var commit in report.Commits)
        {
            AddEnd(commit.Partition, commit.LogEnd, commit.At);
            if (!TryFind(commit.At, out var index))
                continue;
            var commits = _commits[index] ??= [];
            var key = (commit.Group, commit.Partition);
            if (!commits.TryGetValue(key, out var other) || other.At <= commit.At)
                commits[key] = (commit.Offset, commit.At);
        }
    }

    /// <summary>For each step the groups by name; null until something is known of one.</summary>
    public IReadOnlyList<IReadOnlyList<HistoryLag>?> Points(int points)
    {
        var lags = new IReadOnlyList<HistoryLag>?[Math.Min(points, count)];
        var ends = new Dictionary<int, long>();
        var groups = new SortedDictionary<string, Dictionary<int, long>>(StringComparer.Ordinal);
        for (var i = 0; i < lags.Length; i++)
        {
            if (_ends[i] is null && _commits[i] is null)
            {
                lags[i] = i > 0 ? lags[i - 1] : null;
                continue;
            }

            foreach (var (partition, end) in _ends[i] ?? [])
                ends[partition] = Math.Max(end, ends.GetValueOrDefault(partition));
            foreach (var ((group, partition), (offset, _)) in _commits[i] ?? [])
                Apply(groups, group, partition, offset);
            lags[i] = groups.Count == 0 ? null : [.. groups.Select(group => LagOf(group.Key, group.Value, ends)).OfType<HistoryLag>()];
        }

        return lags;
    }

    private static void Apply(SortedDictionary<string, Dictionary<int, long>> groups, string group, int partition, long offset)
    {
        if (!groups.TryGetValue(group, out var committed))
            groups.Add(group, committed = []);
        if (offset != CommitGauge.Forgotten)
            committed[partition] = offset;
        else
            committed.Remove(partition);
        if (committed.Count == 0)
            groups.Remove(group);
    }

    private static HistoryLag? LagOf(string name, Dictionary<int, long> committed, Dictionary<int, long> ends)
    {
        if (!GroupId.TryParse(name, out var group))
            return null;
        long? lag = 0;
        foreach (var (partition, offset) in committed)
            lag += ends.TryGetValue(partition, out var end) ? Math.Max(0, end - offset) : null;
        return new HistoryLag(group, lag);
    }

    /// <summary>An end never moves back, so that whoever knew a later one knew better.</summary>
    private void AddEnd(int partition, long end, long at)
    {
        if (end < 0 || !TryFind(at, out var index))
            return;
        var ends = _ends[index] ??= [];
        ends[partition] = Math.Max(end, ends.GetValueOrDefault(partition));
    }

    /// <summary>What is known from before still holds at the end of the first step, unless something later is known.</summary>
    private bool TryFind(long at, out int index)
    {
        var steps = Math.Max(0, at - from) / step;
        index = (int)Math.Min(steps, count);
        return steps < count;
    }
}

namespace ManagedLog.Engine.Insight;

/// <summary>One step of a history.</summary>
/// <param name="Start">Ms since 1970.</param>
/// <param name="Bytes">What the topic took in storage at the step's end; null: not known.</param>
public readonly record struct HistoryPoint(long Start, ActivityAmounts Amounts, long? Bytes)
{
    /// <summary>How far groups were behind in the topic at the step's end; null: nothing is known of any, or it is not asked for.</summary>
    public IReadOnlyList<HistoryLag>? Lags { get; init; }
}

/// <summary>Adds reports up by steps of time. Reports may come in any order. Pure but for what it gathers.</summary>
internal sealed class HistorySeries(long from, long step, int count)
{
    private const long NotKnown = -1;

    private readonly ActivityAmounts[] _amounts = new ActivityAmounts[count];
    private readonly Dictionary<int, (long[] Bytes, long[] At)> _gauges = [];

    public void Add(ActivityReport report)
    {
        var first = Math.Max(0, (report.From - from) / step);
        var last = Math.Min(count - 1, (report.To - from) / step);
        for (var i = first; i <= last; i++)
            _amounts[i] += ActivityShare.Between(report, from + (i * step), from + ((i + 1) * step));
        if (report.To < from || (report.To - from) / step >= count)
            return;
        foreach (var gauge in report.Partitions)
            Set(gauge.Partition, (int)((report.To - from) / step), gauge.Bytes, report.To);
    }

    /// <param name="now">What each partition takes now; null: bytes are not asked for.</param>
    public IReadOnlyList<HistoryPoint> Points(int points, IReadOnlyDictionary<int, long>? now)
    {
        var bytes = now is null ? null : BytesByStep(now);
        return [.. Enumerable.Range(0, Math.Min(points, count)).Select(i => new HistoryPoint(from + (i * step), _amounts[i], bytes?[i]))];
    }

    private void Set(int partition, int index, long bytes, long at)
    {
        if (!_gauges.TryGetValue(partition, out var gauge))
        {
            gauge = (new long[count], new long[count]);
            Array.Fill(gauge.Bytes, NotKnown);
            _gauges.Add(partition, gauge);
        }

        // Of several reports in one step the latest counts.
        if (gauge.Bytes[index] != NotKnown && gauge.At[index] > at)
            return;
        gauge.Bytes[index] = bytes;
        gauge.At[index] = at;
    }

    /// <summary>A partition stays as it was last reported; before it was first reported in this time it is taken as it was then, or else as it is now.</summary>
    private long[] BytesByStep(IReadOnlyDictionary<int, long> now)
    {
        var sums = new long[count];
        foreach (var (partition, bytes) in now)
        {
            var known = _gauges.TryGetValue(partition, out var gauge) ? Array.Find(gauge.Bytes, value => value != NotKnown) : bytes;
            for (var i = 0; i < count; i++)
            {
                if (gauge.Bytes is { } values && values[i] != NotKnown)
                    known = values[i];
                sums[i] += known;
            }
        }

        return sums;
    }
}

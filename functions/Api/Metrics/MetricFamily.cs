using System.Diagnostics.Metrics;

namespace ManagedLog.Functions.Api.Metrics;

/// <summary>One instrument and its series, one for each set of tags that it was given.</summary>
internal sealed class MetricFamily(Instrument instrument)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, MetricSeries> _byHash = [];
    private readonly List<MetricSeries> _all = [];

    public Instrument Instrument { get; } = instrument;

    /// <summary>Where the buckets of a histogram end; null for what is no histogram.</summary>
    public double[]? Boundaries { get; } = instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } boundaries } => [.. boundaries],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } boundaries } => [.. boundaries.Select(static boundary => (double)boundary)],
        Histogram<double> or Histogram<long> => [],
        _ => null,
    };

    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_lock)
            Find(tags).Take(value, isWhole: Instrument.IsObservable);
    }

    /// <summary>Copies of all series, which belong together as of one moment.</summary>
    public IReadOnlyList<MetricSeries> Snapshot()
    {
        lock (_lock)
            return [.. _all.Select(static series => series.Copy())];
    }

    private MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = new HashCode();
        foreach (var (name, value) in tags)
        {
            hash.Add(name);
            hash.Add(value);
        }

        var key = hash.ToHashCode();
        var first = _byHash.GetValueOrDefault(key);
        for (var series = first; series is not null; series = series.SameHash)
        {
            if (series.Has(tags))
                return series;
        }

        var added = new MetricSeries(tags.ToArray(), Boundaries, first);
        _byHash[key] = added;
        _all.Add(added);
        return added;
    }
}

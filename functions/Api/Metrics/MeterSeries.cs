using System.Diagnostics.Metrics;

namespace ManagedLog.Functions.Api.Metrics;

/// <summary>
/// Everything that one meter has measured since the start, summed up by instrument and tags. It takes measurements without allocating once it has met their tags. How many
/// series there are is bounded by who measures. Counting begins when this is made.
/// </summary>
internal sealed class MeterSeries : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<MetricFamily> _families = [];
    private readonly MeterListener _listener = new();

    public MeterSeries(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Another service in the same process has a meter by the same name.
            if (ReferenceEquals(instrument.Meter, meter))
                listener.EnableMeasurementEvents(instrument, Add(instrument));
        };
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.Start();
    }

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<MetricFamily> Families
    {
        get
        {
            _listener.RecordObservableInstruments();
            lock (_lock)
                return [.. _families];
        }
    }

    public void Dispose() => _listener.Dispose();

    private MetricFamily Add(Instrument instrument)
    {
        var family = new MetricFamily(instrument);
        lock (_lock)
        {
            _families.Add(family);
            _families.Sort(static (one, other) => string.CompareOrdinal(one.Instrument.Name, other.Instrument.Name));
        }

        return family;
    }
}

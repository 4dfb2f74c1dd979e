using System.Diagnostics.Metrics;

namespace ManagedLog.Engine.Tests.Metering;

/// <summary>All that one meter measures: sums by instrument and tags, written <c>name{tag=value,…}</c> with the tags in order, and the number of measurements.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, (double Sum, int Count)> _sums = [];
    private readonly Dictionary<string, TaskCompletionSource> _firsts = [];

    public Measurements()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, Meter))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    public Meter Meter { get; } = new("test");

    /// <summary>Completes when something is measured under a key for the first time.</summary>
    public Task FirstAsync(string key)
    {
        lock (_lock)
        {
            if (_sums.ContainsKey(key))
                return Task.CompletedTask;
            var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _firsts.Add(key, first);
            return first.Task;
        }
    }

    public IReadOnlyCollection<string> Keys
    {
        get
        {
            lock (_lock)
                return [.. _sums.Keys];
        }
    }

    public double Sum(string key)
    {
        lock (_lock)
            return _sums.GetValueOrDefault(key).Sum;
    }

    public int Count(string key)
    {
        lock (_lock)
            return _sums.GetValueOrDefault(key).Count;
    }

    public void Dispose()
    {
        _listener.Dispose();
        Meter.Dispose();
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = tags.Length == 0 ? instrument.Name : $"{instrument.Name}{{{string.Join(',', tags.ToArray().OrderBy(tag => tag.Key).Select(tag => $"{tag.Key}={tag.Value}"))}}}";
        lock (_lock)
        {
            _sums[key] = (_sums.GetValueOrDefault(key).Sum + value, _sums.GetValueOrDefault(key).Count + 1);
            if (_firsts.Remove(key, out var first))
                first.SetResult();
        }
    }
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using ManagedLog.Functions.Api.Metrics;

namespace ManagedLog.Functions.Tests.Metrics;

public sealed class PrometheusTextTests : IDisposable
{
    private readonly Meter _meter = new("ManagedLog");
    private readonly MeterSeries _series;

    public PrometheusTextTests() => _series = new MeterSeries(_meter);

    [Fact]
    public void Counter_IsWrittenWithUnitAndTotal_AndOneLineForEachSetOfTags()
    {
        var counter = _meter.CreateCounter<long>("a.io", "By", "Bytes\nof \\ it.");
        counter.Add(3, new TagList { { "x.y", "one" } });
        counter.Add(4, new TagList { { "x.y", "one" } });
        counter.Add(1, new TagList { { "x.y", "say \"two\"\n\\" } });
        counter.Add(9);

        Assert.Equal(
            "# HELP a_io_bytes_total Bytes\\nof \\\\ it.\n# TYPE a_io_bytes_total counter\n"
            + "a_io_bytes_total{x_y=\"one\"} 7\na_io_bytes_total{x_y=\"say \\\"two\\\"\\n\\\\\"} 1\na_io_bytes_total 9\n",
            PrometheusText.Write(_series.Families));
    }

    [Fact]
    public void Histogram_IsWrittenWithBucketsThatIncludeThoseBelow()
    {
        var histogram = _meter.CreateHistogram("b.time", "s", "T", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        foreach (var value in (double[])[0.5, 0.75, 1, 7])
            histogram.Record(value, new TagList { { "k", "v" } });

        Assert.Equal(
            "# HELP b_time_seconds T\n# TYPE b_time_seconds histogram\n"
            + "b_time_seconds_bucket{k=\"v\",le=\"0.5\"} 1\nb_time_seconds_bucket{k=\"v\",le=\"1\"} 3\nb_time_seconds_bucket{k=\"v\",le=\"+Inf\"} 4\n"
            + "b_time_seconds_sum{k=\"v\"} 9.25\nb_time_seconds_count{k=\"v\"} 4\n",
            PrometheusText.Write(_series.Families));
    }

    [Fact]
    public void UpDownCounter_IsAGauge_AndWhatWasNeverMeasuredIsNotWritten()
    {
        _meter.CreateCounter<long>("a.never");
        var waiting = _meter.CreateUpDownCounter<long>("c.now", "{request}", "N");
        waiting.Add(2);
        waiting.Add(-1);

        Assert.Equal("# HELP c_now N\n# TYPE c_now gauge\nc_now 1\n", PrometheusText.Write(_series.Families));
    }

    [Fact]
    public void Series_OfAnotherMeterWithTheSameName_AreNotTaken()
    {
        using var other = new Meter("ManagedLog");
        other.CreateCounter<long>("a.io").Add(1);
        Assert.Empty(_series.Families);
    }

    [Fact]
    public void Measurement_UnderTagsThatWereMet_AllocatesNothing()
    {
        var counter = _meter.CreateCounter<long>("a.io");
        var histogram = _meter.CreateHistogram("b.time", "s", "", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        Measure(counter, histogram);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Measure(counter, histogram);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    public void Dispose()
    {
        _series.Dispose();
        _meter.Dispose();
    }

    private static void Measure(Counter<long> counter, Histogram<double> histogram)
    {
        var tags = new TagList { { "verb", "append" }, { "topic", "t" }, { "outcome", "done" }, { "fourth", "x" } };
        counter.Add(1, tags);
        histogram.Record(0.1, tags);
    }
}

using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace ManagedLog.Functions.Api.Metrics;

/// <summary>
/// Prometheus' text format, version 0.0.4. Names as OpenTelemetry turns them into Prometheus' own: dots become underscores, a unit that is no mere count is appended,
/// counters end with <c>_total</c>.
/// </summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder();
        foreach (var family in families)
        {
            if (family.Snapshot() is not { Count: > 0 } all)
                continue;
            var name = NameOf(family.Instrument);
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {Escape(family.Instrument.Description ?? "", quote: false)}\n# TYPE {name} {TypeOf(family.Instrument)}\n");
            foreach (var series in all)
            {
                if (family.Boundaries is { } boundaries)
                    WriteHistogram(text, name, series, boundaries);
                else
                    WriteLine(text, name, series, null, series.Sum);
            }
        }

        return text.ToString();
    }

    public static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_');
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        return name + unit + (TypeOf(instrument) == "counter" ? "_total" : "");
    }

    private static string TypeOf(Instrument instrument) => instrument switch
    {
        Counter<long> => "counter",
        Histogram<long> or Histogram<double> => "histogram",
        _ => "gauge",
    };

    private static void WriteHistogram(StringBuilder text, string name, MetricSeries series, double[] boundaries)
    {
        var below = 0L;
        for (var i = 0; i <= boundaries.Length; i++)
        {
            below += series.Buckets![i];
            WriteLine(text, name + "_bucket", series, i < boundaries.Length ? Number(boundaries[i]) : "+Inf", below);
        }

        WriteLine(text, name + "_sum", series, null, series.Sum);
        WriteLine(text, name + "_count", series, null, series.Count);
    }

    private static void WriteLine(StringBuilder text, string name, MetricSeries series, string? boundary, double value)
    {
        text.Append(name);
        var separator = '{';
        foreach (var (tag, of) in series.Tags)
        {
            text.Append(separator).Append(tag.Replace('.', '_')).Append("=\"").Append(Escape(of?.ToString() ?? "", quote: true)).Append('"');
            separator = ',';
        }

        if (boundary is not null)
        {
            text.Append(separator).Append("le=\"").Append(boundary).Append('"');
            separator = ',';
        }

        if (separator == ',')
            text.Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string text, bool quote)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quote ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}

using System.Text;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.Metrics;

/// <summary><c>/metrics</c>: what this instance has measured since it started, for Prometheus to collect. Costs no storage operation.</summary>
internal sealed class MetricsEndpoint(MeterSeries series)
{
    public Task HandleAsync(HttpContext context) =>
        Answer.WriteAsync(context, StatusCodes.Status200OK, PrometheusText.ContentType, Encoding.UTF8.GetBytes(PrometheusText.Write(series.Families)));
}

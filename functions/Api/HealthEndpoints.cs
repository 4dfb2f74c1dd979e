using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Api;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c> and <c>/health</c>: it has reached storage and takes requests. Partitions that are stopped because what is stored
/// of them is damaged are named there; the others go on, so the instance stays ready.
/// </summary>
internal sealed class HealthEndpoints(EngineStart start, LogEngine engine, Authentication authentication)
{
    public static Task LiveAsync(HttpContext context) => Answer.WriteAsync(context, StatusCodes.Status200OK, MediaTypes.Json, WriteStatus, new Health("live"));

    public Task ReadyAsync(HttpContext context) => start.IsStarted
        ? Answer.WriteAsync(context, StatusCodes.Status200OK, MediaTypes.Json, WriteStatus, new Health("ready", Stopped: Stopped))
        : Answer.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, MediaTypes.Json, WriteStatus, new Health("starting", start.LastFailure is null || authentication.AllowsAnonymous ? start.LastFailure : "Storage cannot be used yet; the log says why."));

    /// <summary>Anybody may ask, so names are told only where anybody may do everything.</summary>
    private IReadOnlyList<string> Stopped => engine.StoppedPartitions is { Count: > 0 } stopped && !authentication.AllowsAnonymous
        ? [$"{stopped.Count} stopped; the log says which and why."]
        : engine.StoppedPartitions;

    private static void WriteStatus(Utf8JsonWriter writer, Health health)
    {
        writer.WriteStartObject();
        writer.WriteString("status"u8, health.Status);
        if (health.Reason is { } reason)
            writer.WriteString("reason"u8, reason);
        if (health.Stopped is { Count: > 0 } stopped)
        {
            writer.WriteStartArray("stopped_partitions"u8);
            foreach (var partition in stopped)
                writer.WriteStringValue(partition);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private sealed record Health(string Status, string? Reason = null, IReadOnlyList<string>? Stopped = null);
}

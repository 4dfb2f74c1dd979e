using System.Text.Json;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Hosting;

namespace ManagedLog.Functions.Api;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c> and <c>/health</c>: it has reached storage and takes requests.</summary>
internal sealed class HealthEndpoints(EngineStart start)
{
    public static Task LiveAsync(HttpContext context) => Answer.WriteAsync(context, StatusCodes.Status200OK, MediaTypes.Json, WriteStatus, ("live", (string?)null));

    public Task ReadyAsync(HttpContext context) => start.IsStarted
        ? Answer.WriteAsync(context, StatusCodes.Status200OK, MediaTypes.Json, WriteStatus, ("ready", (string?)null))
        : Answer.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, MediaTypes.Json, WriteStatus, ("starting", start.LastFailure));

    private static void WriteStatus(Utf8JsonWriter writer, (string Status, string? Reason) health)
    {
        writer.WriteStartObject();
        writer.WriteString("status"u8, health.Status);
        if (health.Reason is { } reason)
            writer.WriteString("reason"u8, reason);
        writer.WriteEndObject();
    }
}

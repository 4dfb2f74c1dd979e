using System.Runtime.InteropServices;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Functions.Api.V3;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>
/// How the cluster is, as this instance sees it. <c>/health</c> says whether an instance takes requests and costs nothing; this says what needs somebody's attention, and
/// is answered with 200 whatever it says.
/// </summary>
internal sealed class ClusterHealthEndpoint(LogEngine engine)
{
    private static readonly string Version = typeof(ClusterHealthEndpoint).Assembly.GetName().Version?.ToString(3) ?? "";

    public async Task GetAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await call.AnswerAsync(StatusCodes.Status200OK, Write, await engine.Insight.HealthAsync());
    }

    private static void Write(Utf8JsonWriter writer, V3Links links, ClusterHealth health)
    {
        links.WriteBegin(writer, "ManagedLogHealth", "/insight/health", "/insight/health");
        writer.WriteString("status"u8, health.IsHealthy ? "healthy"u8 : "attention"u8);
        writer.WriteString("instance_id"u8, health.Instance.ToString("N"));
        WriteVersions(writer);
        WriteStorage(writer, health.Storage);
        WriteStopped(writer, health.Stopped);
        WriteHousekeeping(writer, health);
        writer.WriteStartObject("orphan_sweeps"u8);
        writer.WriteNumber("open_partitions"u8, health.Sweeps.Partitions);
        writer.WriteNumber("never_swept"u8, health.Sweeps.Never);
        InsightJson.WriteTime(writer, "oldest_at", health.Sweeps.OldestAt);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteVersions(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("versions"u8);
        writer.WriteString("service"u8, Version);
        writer.WriteNumber("format"u8, PartitionHeadRow.FormatVersion);
        writer.WriteString("runtime"u8, RuntimeInformation.FrameworkDescription);
        writer.WriteEndObject();
    }

    private static void WriteStorage(Utf8JsonWriter writer, StorageReach storage)
    {
        writer.WriteStartObject("storage"u8);
        writer.WriteBoolean("is_reachable"u8, storage.IsReachable);
        writer.WriteNumber("elapsed_ms"u8, Math.Round(storage.Elapsed.TotalMilliseconds, 1));
        writer.WriteString("detail"u8, storage.Detail);
        writer.WriteEndObject();
    }

    private static void WriteStopped(Utf8JsonWriter writer, IReadOnlyList<StoppedPartition> stopped)
    {
        writer.WriteStartArray("stopped_partitions"u8);
        foreach (var partition in stopped)
        {
            writer.WriteStartObject();
            writer.WriteString("topic_name"u8, partition.Topic);
            writer.WriteString("topic_id"u8, partition.Partition.Topic.ToString());
            writer.WriteNumber("partition_id"u8, partition.Partition.Partition);
            writer.WriteString("reason"u8, partition.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteHousekeeping(Utf8JsonWriter writer, ClusterHealth health)
    {
        writer.WriteStartObject("housekeeping"u8);
        WriteTick(writer, health.LastTick);
        WriteTrace(writer, health.Housekeeping);
        if (health.Backlog is { } backlog)
        {
            writer.WriteStartObject("backlog"u8);
            writer.WriteNumber("partitions"u8, backlog.Partitions);
            writer.WriteBoolean("is_more"u8, backlog.IsMore);
            InsightJson.WriteTime(writer, "oldest_due_at", backlog.OldestDueAt);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("backlog"u8);
        }

        writer.WriteEndObject();
    }

    private static void WriteTick(Utf8JsonWriter writer, HousekeepingTick? tick)
    {
        if (tick is null)
        {
            writer.WriteNull("last_tick_here"u8);
            return;
        }

        writer.WriteStartObject("last_tick_here"u8);
        InsightJson.WriteTime(writer, "at", tick.At);
        writer.WriteBoolean("is_elected"u8, tick.IsElected);
        writer.WriteString("summary"u8, tick.Summary);
        writer.WriteEndObject();
    }

    private static void WriteTrace(Utf8JsonWriter writer, HousekeepingTrace? trace)
    {
        if (trace is null)
        {
            writer.WriteNull("last_work"u8);
            return;
        }

        writer.WriteStartObject("last_work"u8);
        InsightJson.WriteTime(writer, "at", trace.At);
        writer.WriteString("instance_id"u8, trace.Instance);
        InsightJson.WriteTime(writer, "elected_at", trace.ElectedAt);
        writer.WriteString("summary"u8, trace.Summary);
        writer.WriteEndObject();
    }
}

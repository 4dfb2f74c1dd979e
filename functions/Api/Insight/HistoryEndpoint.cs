using System.Globalization;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>The history of a topic, or of all together.</summary>
internal sealed class HistoryEndpoint(LogEngine engine, TimeProvider time)
{
    public async Task OfTopicAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.FindTopicAsync() is { } topic)
            await AnswerAsync(context, call, topic);
    }

    public async Task OfAllAsync(HttpContext context)
    {
        var call = new V3Call(context, engine);
        if (await call.BeginAsync())
            await AnswerAsync(context, call, null);
    }

    private async Task AnswerAsync(HttpContext context, V3Call call, Topic? topic)
    {
        if (!HistoryQuery.TryRead(context.Request.Query, time.GetUtcNow().ToUnixTimeMilliseconds(), out var request, out var error))
        {
            await call.FailAsync(error);
            return;
        }

        var history = await engine.Insight.HistoryAsync(topic, request);
        if (history.IsRefused)
            await call.FailAsync(ErrorMapping.From(history.Refusal));
        else
            await call.AnswerAsync(StatusCodes.Status200OK, Write, (topic, request, history.Value, Caller.Of(context)));
    }

    private static void Write(Utf8JsonWriter writer, V3Links links, (Topic? Topic, HistoryRequest Request, HistoryResult Result, Caller Caller) of)
    {
        var (topic, request, result, caller) = of;
        var path = (topic is null ? "/insight" : InsightJson.PathOf(topic)) + "/history";
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "ManagedLogHistory"u8);
        writer.WriteStartObject("metadata"u8);
        writer.WriteString("self"u8, links.Of(PathOf(path, request, request.From)));
        writer.WriteString("next"u8, result.ReachedTo < request.To ? links.Of(PathOf(path, request, result.ReachedTo)) : null);
        writer.WriteEndObject();
        writer.WriteString("cluster_id"u8, links.ClusterId);
        writer.WriteString("topic_name"u8, topic?.Name);
        writer.WriteBoolean("is_kept"u8, result.IsKept);
        InsightJson.WriteTime(writer, "from", request.From);
        InsightJson.WriteTime(writer, "to", result.ReachedTo);
        writer.WriteNumber("step_ms"u8, request.Step);
        writer.WriteStartArray("data"u8);
        foreach (var point in result.Points)
            WritePoint(writer, point, caller);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WritePoint(Utf8JsonWriter writer, HistoryPoint point, Caller caller)
    {
        writer.WriteStartObject();
        InsightJson.WriteTime(writer, "time", point.Start);
        writer.WriteNumber("records_in"u8, point.Amounts.RecordsIn);
        writer.WriteNumber("bytes_in"u8, point.Amounts.BytesIn);
        writer.WriteNumber("records_out"u8, point.Amounts.RecordsOut);
        writer.WriteNumber("bytes_out"u8, point.Amounts.BytesOut);
        writer.WriteNumber("storage_operations"u8, point.Amounts.Operations);
        if (point.Bytes is { } bytes)
            writer.WriteNumber("stored_bytes"u8, bytes);
        else
            writer.WriteNull("stored_bytes"u8);

        WriteLags(writer, point.Lags, caller);
        writer.WriteEndObject();
    }

    /// <summary>Of the groups that the caller may look at; null where nothing is known of any of them.</summary>
    private static void WriteLags(Utf8JsonWriter writer, IReadOnlyList<HistoryLag>? lags, Caller caller)
    {
        var seen = lags?.Where(lag => caller.May(Permission.Describe, Resource.Group(lag.Group.Value))).ToList();
        if (seen is not { Count: > 0 })
        {
            writer.WriteNull("lag"u8);
            return;
        }

        writer.WriteStartArray("lag"u8);
        foreach (var lag in seen)
        {
            writer.WriteStartObject();
            writer.WriteString("consumer_group_id"u8, lag.Group.Value);
            if (lag.Lag is { } behind)
                writer.WriteNumber("total_lag"u8, behind);
            else
                writer.WriteNull("total_lag"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string PathOf(string path, HistoryRequest request, long from) =>
        string.Create(CultureInfo.InvariantCulture, $"{path}?from={from}&to={request.To}&step={request.Step}");
}

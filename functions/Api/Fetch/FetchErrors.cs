using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Produce;

namespace ManagedLog.Functions.Api.Fetch;

/// <summary>What a reader can meet in a log.</summary>
internal static class FetchErrors
{
    /// <summary>The record is not what the reader wants to see it as.</summary>
    public static ApiError Unreadable(string topic, int partition, EmbeddedFormat format, long offset) => new(
        408,
        40801,
        $"The record at offset {offset} of {topic}:{partition} is not {format.ToString().ToLowerInvariant()}; read it as binary, or go on at offset {offset + 1}.");

    /// <summary>What the engine's refusals are for a reader that came by this path: v2 has codes of its own.</summary>
    public static Func<Refusal, ApiError> For(HttpContext context) => ApiPaths.IsV3(context.Request.Path) ? ErrorMapping.From : TopicErrors.ForPartition;

    /// <summary>An error of one partition, inside an answer about several or a stream: <c>{"error_code","message","topic","partition"}</c>.</summary>
    public static void WritePartition(Utf8JsonWriter writer, FollowedPartition partition)
    {
        writer.WriteStartObject();
        writer.WriteNumber("error_code"u8, partition.Error!.Code);
        writer.WriteString("message"u8, partition.Error.Message);
        writer.WriteString("topic"u8, partition.TopicName);
        writer.WriteNumber("partition"u8, partition.Number);
        writer.WriteEndObject();
    }
}

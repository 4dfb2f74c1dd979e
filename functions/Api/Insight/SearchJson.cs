using System.Text.Json;
using System.Text.Unicode;
using ManagedLog.Engine.Insight;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Insight;

/// <summary>How the answer to a search looks. A record looks as a v3 produce takes it, so that it can be sent again.</summary>
internal static class SearchJson
{
    public static void Write(Utf8JsonWriter writer, V3Links links, (Topic Topic, SearchRequest Request, SearchResult Result, string? Token) of)
    {
        var (topic, request, result, token) = of;
        links.WriteBegin(writer, "ManagedLogSearchResult", $"{InsightJson.PathOf(topic)}/search", $"/topic={topic.Name}/search");
        writer.WriteString("topic_name"u8, topic.Name);
        writer.WriteString("order"u8, request.IsNewestFirst ? "newest"u8 : "oldest"u8);
        WritePartitions(writer, topic, request.Partitions);
        WriteSearched(writer, result.Searched);
        writer.WriteNumber("matched"u8, result.Matches.Count);
        writer.WriteString("stopped_because"u8, NameOf(result.Stop));
        WriteNext(writer, result.Next);
        writer.WriteString("next_page_token"u8, token);
        writer.WriteStartArray("matches"u8);
        foreach (var match in result.Matches)
            WriteMatch(writer, match);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string NameOf(SearchStop stop) => stop switch
    {
        SearchStop.End => "end",
        SearchStop.Matches => "max_matches",
        SearchStop.Size => "answer_size",
        SearchStop.Bytes => "max_bytes",
        SearchStop.Time => "max_ms",
        SearchStop.Partitions => "partitions",
        _ => throw new InvalidOperationException($"No such reason: {stop}."),
    };

    /// <summary>A list only where it is not all of them.</summary>
    private static void WritePartitions(Utf8JsonWriter writer, Topic topic, IReadOnlyList<int> partitions)
    {
        if (partitions.Count == topic.Partitions)
        {
            writer.WriteNull("partitions"u8);
            return;
        }

        writer.WriteStartArray("partitions"u8);
        foreach (var partition in partitions)
            writer.WriteNumberValue(partition);
        writer.WriteEndArray();
    }

    private static void WriteSearched(Utf8JsonWriter writer, SearchedAmount searched)
    {
        writer.WriteStartObject("searched"u8);
        writer.WriteNumber("records"u8, searched.Records);
        writer.WriteNumber("batches"u8, searched.Batches);
        writer.WriteNumber("bytes"u8, searched.Bytes);
        writer.WriteNumber("partitions"u8, searched.Partitions);
        writer.WriteNumber("unreadable_batches"u8, searched.Unreadable);
        writer.WriteNumber("storage_reads"u8, searched.Reads);
        writer.WriteEndObject();
    }

    private static void WriteNext(Utf8JsonWriter writer, SearchPosition? next)
    {
        if (next is not { } position)
        {
            writer.WriteNull("next"u8);
            return;
        }

        writer.WriteStartObject("next"u8);
        writer.WriteNumber("partition_id"u8, position.Partition);
        writer.WriteNumber("from_offset"u8, position.Low);
        if (position.High == SearchPosition.Unset)
            writer.WriteNull("to_offset"u8);
        else
            writer.WriteNumber("to_offset"u8, position.High);
        writer.WriteEndObject();
    }

    private static void WriteMatch(Utf8JsonWriter writer, FoundRecord found)
    {
        var record = found.Record;
        writer.WriteStartObject();
        writer.WriteNumber("partition_id"u8, found.Partition);
        writer.WriteNumber("offset"u8, record.Offset);
        writer.WriteString("timestamp"u8, Timestamps.ToText(record.Timestamp));
        WritePart(writer, "key"u8, record.Key);
        WritePart(writer, "value"u8, record.Value);
        writer.WriteStartArray("headers"u8);
        foreach (var header in record.Headers)
            WriteHeader(writer, header);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>As JSON where it is JSON, as text where it is text, and otherwise in base64. JSON is given as it stands, so that no number loses a digit.</summary>
    private static void WritePart(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } some)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        if (JsonCompaction.IsValue(some.Span))
        {
            writer.WriteString("type"u8, "JSON"u8);
            writer.WritePropertyName("data"u8);
            writer.WriteRawValue(some.Span, skipInputValidation: true);
        }
        else if (Utf8.IsValid(some.Span))
        {
            writer.WriteString("type"u8, "STRING"u8);
            writer.WriteString("data"u8, some.Span);
        }
        else
        {
            writer.WriteString("type"u8, "BINARY"u8);
            writer.WriteBase64String("data"u8, some.Span);
        }

        writer.WriteNumber("size"u8, some.Length);
        writer.WriteEndObject();
    }

    private static void WriteHeader(Utf8JsonWriter writer, RecordHeader header)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, header.Key);
        if (header.Value is { } value)
            writer.WriteBase64String("value"u8, value.Span);
        else
            writer.WriteNull("value"u8);
        writer.WriteEndObject();
    }
}

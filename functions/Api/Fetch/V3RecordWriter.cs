using System.Text.Json;
using System.Text.Unicode;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Fetch;

/// <summary>
/// Writes records in the form in which v3 takes them, and with their place:
/// <c>{"topic_name","partition_id","offset","timestamp","timestamp_type","headers","key":{"type","data"},"value":{"type","data"}}</c>. Key and value say by themselves
/// what they are, so every record can be shown: what is not of the wished format is BINARY.
/// </summary>
/// <param name="format">Null: JSON where the bytes are a JSON value, else a STRING where they are text, else BINARY.</param>
/// <param name="linkTo">The link to the records from an offset on; null: to those that were asked for.</param>
internal sealed class V3RecordWriter(string topic, int partition, EmbeddedFormat? format, string cluster, Func<long?, string> linkTo) : IRecordShape
{
    private readonly JsonEncodedText _topic = JsonEncodedText.Encode(topic, JsonForm.Writing.Encoder);

    public bool CanWrite(in Record record) => true;

    public void Begin(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "KafkaRecordList"u8);
        writer.WriteString("cluster_id"u8, cluster);
        writer.WriteStartArray("data"u8);
    }

    public void End(Utf8JsonWriter writer, long? nextOffset)
    {
        writer.WriteEndArray();
        writer.WriteStartObject("metadata"u8);
        writer.WriteString("self"u8, linkTo(null));
        writer.WriteString("next"u8, linkTo(nextOffset));
        writer.WriteEndObject();
        if (nextOffset is { } next)
            writer.WriteNumber("next_offset"u8, next);
        else
            writer.WriteNull("next_offset"u8);
        writer.WriteEndObject();
    }

    public void Write(Utf8JsonWriter writer, in Record record, TimestampType type)
    {
        writer.WriteStartObject();
        writer.WriteString("topic_name"u8, _topic);
        writer.WriteNumber("partition_id"u8, partition);
        writer.WriteNumber("offset"u8, record.Offset);
        writer.WriteString("timestamp"u8, Timestamps.ToText(record.Timestamp));
        writer.WriteString("timestamp_type"u8, type == TimestampType.LogAppendTime ? "LOG_APPEND_TIME"u8 : "CREATE_TIME"u8);
        writer.WriteStartArray("headers"u8);
        foreach (var header in record.Headers)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, header.Key);
            if (header.Value is { } value)
                writer.WriteBase64String("value"u8, value.Span);
            else
                writer.WriteNull("value"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WritePart(writer, "key"u8, record.Key);
        WritePart(writer, "value"u8, record.Value);
        writer.WriteEndObject();
    }

    private void WritePart(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } some)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        if (format is null or EmbeddedFormat.Json && JsonCompaction.IsValue(some.Span))
        {
            writer.WriteString("type"u8, "JSON"u8);
            writer.WritePropertyName("data"u8);
            writer.WriteRawValue(some.Span, skipInputValidation: true);
        }
        else if (format is null or EmbeddedFormat.Text && Utf8.IsValid(some.Span))
        {
            writer.WriteString("type"u8, "STRING"u8);
            writer.WriteString("data"u8, some.Span);
        }
        else
        {
            writer.WriteString("type"u8, "BINARY"u8);
            writer.WriteBase64String("data"u8, some.Span);
        }

        writer.WriteEndObject();
    }
}

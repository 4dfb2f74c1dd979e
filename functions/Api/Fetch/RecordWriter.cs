using System.Text.Json;
using System.Text.Unicode;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Fetch;

/// <summary>Writes records as v2 gives them: <c>{"topic","key","value","partition","offset","timestamp","headers":[{"key","value"}]}</c>, headers only where there are any.</summary>
internal sealed class RecordWriter(string topic, int partition, EmbeddedFormat format, EmbeddedFormat keyFormat) : IRecordShape
{
    private readonly JsonEncodedText _topic = JsonEncodedText.Encode(topic, JsonForm.Writing.Encoder);

    public RecordWriter(string topic, int partition, EmbeddedFormat format)
        : this(topic, partition, format, format)
    {
    }

    /// <summary>Whether key and value are what the format can show.</summary>
    public bool CanWrite(in Record record) => IsReadable(record.Key, keyFormat) && IsReadable(record.Value, format);

    public void Begin(Utf8JsonWriter writer) => writer.WriteStartArray();

    public void End(Utf8JsonWriter writer, long? nextOffset) => writer.WriteEndArray();

    public void Write(Utf8JsonWriter writer, in Record record, TimestampType type)
    {
        writer.WriteStartObject();
        writer.WriteString("topic"u8, _topic);
        writer.WritePropertyName("key"u8);
        WriteEmbedded(writer, record.Key, keyFormat);
        writer.WritePropertyName("value"u8);
        WriteEmbedded(writer, record.Value, format);
        writer.WriteNumber("partition"u8, partition);
        writer.WriteNumber("offset"u8, record.Offset);
        writer.WriteNumber("timestamp"u8, record.Timestamp);
        if (record.Headers.Count > 0)
            WriteHeaders(writer, record.Headers);
        writer.WriteEndObject();
    }

    private static void WriteHeaders(Utf8JsonWriter writer, IReadOnlyList<RecordHeader> headers)
    {
        writer.WriteStartArray("headers"u8);
        foreach (var header in headers)
        {
            writer.WriteStartObject();
            writer.WriteString("key"u8, header.Key);
            if (header.Value is { } value)
                writer.WriteBase64String("value"u8, value.Span);
            else
                writer.WriteNull("value"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static bool IsReadable(ReadOnlyMemory<byte>? bytes, EmbeddedFormat format) => bytes is not { } some || format switch
    {
        EmbeddedFormat.Binary => true,
        EmbeddedFormat.Json => JsonCompaction.IsValue(some.Span),
        EmbeddedFormat.Text => Utf8.IsValid(some.Span),
        _ => throw new InvalidOperationException($"No such format: {format}."),
    };

    private static void WriteEmbedded(Utf8JsonWriter writer, ReadOnlyMemory<byte>? bytes, EmbeddedFormat format)
    {
        if (bytes is not { } some)
            writer.WriteNullValue();
        else if (format == EmbeddedFormat.Json)
            writer.WriteRawValue(some.Span, skipInputValidation: true);
        else if (format == EmbeddedFormat.Text)
            writer.WriteStringValue(some.Span);
        else
            writer.WriteBase64StringValue(some.Span);
    }
}

using System.Text.Json;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Json;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Makes the reports of a stream, one after another in the same memory: a JSON document and <c>\r\n</c> each.</summary>
internal sealed class ReportWriter : IDisposable
{
    private readonly PooledBuffer _buffer = new();
    private readonly Utf8JsonWriter _writer;
    private readonly JsonEncodedText _cluster;
    private readonly JsonEncodedText _topic;

    public ReportWriter(string cluster, string topic)
    {
        _writer = new Utf8JsonWriter(_buffer, JsonForm.Writing);
        _cluster = JsonEncodedText.Encode(cluster);
        _topic = JsonEncodedText.Encode(topic, JsonForm.Writing.Encoder);
    }

    /// <summary>Valid until the next report is made.</summary>
    public ReadOnlyMemory<byte> OfError(ApiError error)
    {
        Begin();
        Answer.WriteError(_writer, error);
        return End();
    }

    /// <summary>Valid until the next report is made.</summary>
    public ReadOnlyMemory<byte> OfRecord(in StreamedRecord record, long? offset, long timestamp)
    {
        Begin();
        _writer.WriteStartObject();
        _writer.WriteNumber("error_code"u8, StatusCodes.Status200OK);
        _writer.WriteString("cluster_id"u8, _cluster);
        _writer.WriteString("topic_name"u8, _topic);
        WritePlace(_writer, record, offset, timestamp);
        _writer.WriteEndObject();
        return End();
    }

    /// <summary>Where a record stands, and what its key and value are.</summary>
    public static void WritePlace(Utf8JsonWriter writer, in StreamedRecord record, long? offset, long timestamp)
    {
        writer.WriteNumber("partition_id"u8, record.Planned.Partition);
        if (offset is { } some)
            writer.WriteNumber("offset"u8, some);
        else
            writer.WriteNull("offset"u8);
        writer.WriteString("timestamp"u8, Timestamps.ToText(timestamp));
        WritePart(writer, "key"u8, record.Key);
        WritePart(writer, "value"u8, record.Value);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _buffer.Dispose();
    }

    private void Begin()
    {
        _buffer.Clear();
        _writer.Reset();
    }

    private ReadOnlyMemory<byte> End()
    {
        _writer.Flush();
        "\r\n"u8.CopyTo(_buffer.GetSpan(2));
        _buffer.Advance(2);
        return _buffer.Written;
    }

    private static void WritePart(Utf8JsonWriter writer, ReadOnlySpan<byte> name, RecordPart part)
    {
        if (part.Type == RecordPartType.None)
            return;
        writer.WriteStartObject(name);
        writer.WriteString("type"u8, part.Type switch
        {
            RecordPartType.Binary => "BINARY"u8,
            RecordPartType.Json => "JSON"u8,
            RecordPartType.String => "STRING"u8,
            _ => throw new InvalidOperationException($"No such type: {part.Type}."),
        });
        writer.WriteNumber("size"u8, part.Size);
        writer.WriteEndObject();
    }
}

using System.Buffers;
using System.Text.Json;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Insight;

/// <summary>How a partition stood when it was last appended to before a report.</summary>
internal readonly record struct PartitionGauge(int Partition, long LogStart, long LogEnd, long Bytes);

/// <summary>
/// What one instance did to one topic in a stretch of time: a record of <c>__metrics</c>, with the topic's name as its key and this as JSON as its value. Reports add up:
/// each says only what its own instance did
/// since its own last one.
/// </summary>
/// <param name="From">Ms since 1970, by the instance's clock.</param>
/// <param name="To">The same; also the record's timestamp.</param>
/// <param name="Partitions">Those that the instance appended to.</param>
internal sealed record ActivityReport(TopicId Topic, Guid Instance, long From, long To, ActivityAmounts Amounts, IReadOnlyList<PartitionGauge> Partitions)
{
    public const int FormatVersion = 1;

    public byte[] Encode()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteNumber("v"u8, FormatVersion);
        writer.WriteString("id"u8, Topic.ToString());
        writer.WriteString("by"u8, Instance.ToString("N"));
        writer.WriteNumber("from"u8, From);
        writer.WriteNumber("to"u8, To);
        Write(writer, "in", Amounts.RecordsIn, Amounts.BytesIn);
        Write(writer, "out", Amounts.RecordsOut, Amounts.BytesOut);
        Write(writer, "ops", Amounts.BlobWrites, Amounts.BlobReads, Amounts.TableOperations);
        writer.WriteStartArray("p"u8);
        foreach (var gauge in Partitions)
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(gauge.Partition);
            writer.WriteNumberValue(gauge.LogStart);
            writer.WriteNumberValue(gauge.LogEnd);
            writer.WriteNumberValue(gauge.Bytes);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null: not a report, or one of a later format. What is not known is passed over. Never throws.</summary>
    public static ActivityReport? Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || root.GetProperty("v").GetInt32() != FormatVersion
                || !TopicId.TryParse(root.GetProperty("id").GetString(), out var topic) || !Guid.TryParseExact(root.GetProperty("by").GetString(), "N", out var instance))
                return null;
            var (input, output, operations) = (Numbers(root, "in", 2), Numbers(root, "out", 2), Numbers(root, "ops", 3));
            var gauges = root.GetProperty("p").EnumerateArray().Select(Gauge).ToArray();
            var report = new ActivityReport(
                topic,
                instance,
                root.GetProperty("from").GetInt64(),
                root.GetProperty("to").GetInt64(),
                new ActivityAmounts(input[0], input[1], output[0], output[1], operations[0], operations[1], operations[2]),
                gauges);
            return report.From >= 0 && report.To >= report.From ? report : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, params ReadOnlySpan<long> numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }

    private static long[] Numbers(JsonElement root, string name, int count)
    {
        var numbers = root.GetProperty(name).EnumerateArray().Select(number => number.GetInt64()).ToArray();
        return numbers.Length == count && Array.TrueForAll(numbers, number => number >= 0) ? numbers : throw new FormatException(name);
    }

    private static PartitionGauge Gauge(JsonElement gauge)
    {
        var numbers = gauge.EnumerateArray().Select(number => number.GetInt64()).ToArray();
        return numbers.Length == 4 && numbers[0] is >= 0 and <= int.MaxValue
            ? new PartitionGauge((int)numbers[0], numbers[1], numbers[2], numbers[3])
            : throw new FormatException("p");
    }
}

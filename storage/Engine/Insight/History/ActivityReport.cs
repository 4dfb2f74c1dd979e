using System.Buffers;
using System.Text.Encodings.Web;
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

    /// <summary>Names of groups as they are: nobody puts a report into a page, and escaped they could take twice the place.</summary>
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Of one report: with the longest names it is still below what one batch holds. What is more goes into further reports, which add nothing else.</summary>
    public const int MaxCommits = 400;

    /// <summary>What groups committed through the instance, the last of each partition, by group.</summary>
    public IReadOnlyList<CommitGauge> Commits { get; init; } = [];

    /// <summary>Commits that are in no report.</summary>
    public long CommitsLeftOut { get; init; }

    public byte[] Encode()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, Readable);
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
        WriteCommits(writer);
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
                gauges)
            {
                Commits = root.TryGetProperty("c", out var commits) ? [.. commits.EnumerateObject().SelectMany(Committed)] : [],
                CommitsLeftOut = root.TryGetProperty("cx", out var leftOut) ? leftOut.GetInt64() : 0,
            };
            return report.From >= 0 && report.To >= report.From ? report : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private void WriteCommits(Utf8JsonWriter writer)
    {
        if (Commits.Count > 0)
        {
            writer.WriteStartObject("c"u8);
            foreach (var group in Commits.GroupBy(commit => commit.Group))
            {
                writer.WriteStartArray(group.Key);
                foreach (var commit in group)
                {
                    writer.WriteStartArray();
                    writer.WriteNumberValue(commit.Partition);
                    writer.WriteNumberValue(commit.Offset);
                    writer.WriteNumberValue(commit.LogEnd);
                    writer.WriteNumberValue(commit.At);
                    writer.WriteEndArray();
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        if (CommitsLeftOut > 0)
            writer.WriteNumber("cx"u8, CommitsLeftOut);
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

    private static IEnumerable<CommitGauge> Committed(JsonProperty group)
    {
        foreach (var commit in group.Value.EnumerateArray())
        {
            var numbers = commit.EnumerateArray().Select(number => number.GetInt64()).ToArray();
            if (numbers.Length != 4 || numbers[0] is < 0 or > int.MaxValue || numbers[1] < CommitGauge.Forgotten || numbers[2] < -1 || numbers[3] < 0)
                throw new FormatException("c");
            yield return new CommitGauge(group.Name, (int)numbers[0], numbers[1], numbers[2], numbers[3]);
        }
    }

    private static PartitionGauge Gauge(JsonElement gauge)
    {
        var numbers = gauge.EnumerateArray().Select(number => number.GetInt64()).ToArray();
        return numbers.Length == 4 && numbers[0] is >= 0 and <= int.MaxValue
            ? new PartitionGauge((int)numbers[0], numbers[1], numbers[2], numbers[3])
            : throw new FormatException("p");
    }
}

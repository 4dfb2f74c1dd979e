using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Log;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Fixtures;

/// <summary>
/// All that can be read from a log, as text: topics with their configs, partitions with their ends, batches, records, and which offset stands at some times. Made once from
/// what was sent and answered, and again from what an engine reads.
/// </summary>
internal sealed class LogText
{
    /// <summary>Longer keys and values are told by their length and SHA-256.</summary>
    private const int LongestShown = 64;

    private readonly StringBuilder _text = new();

    public override string ToString() => _text.ToString();

    public void AddTopic(Topic topic)
    {
        Line($"topic {topic.Name} {topic.Id} partitions {topic.Partitions} created {topic.CreatedAt.ToUnixTimeMilliseconds()}");
        foreach (var (name, value) in topic.Config.Overrides)
            Line($"config {name}={value}");
    }

    public void AddPartition(int partition, long logStart, long logEnd, IEnumerable<SentBatch> batches)
    {
        Line($"partition {partition} from {logStart} to {logEnd}");
        foreach (var batch in batches)
            Add(batch);
    }

    public void AddTime(long timestamp, OffsetAtTime found) => Line($"time {timestamp} is at {found.Offset} {found.Timestamp?.ToString(CultureInfo.InvariantCulture) ?? "none"}");

    /// <summary>The times that are looked up in a partition: before all records, at each, between, and after all.</summary>
    public static IReadOnlyList<long> TimesOf(IEnumerable<SentBatch> batches)
    {
        var times = batches.SelectMany(batch => batch.Records).Select(record => record.Timestamp).ToHashSet();
        return times.Count == 0 ? [0] : [.. times.Concat([0, times.Min() + 1, times.Max() + 1]).Distinct().Order()];
    }

    /// <summary>A batch as an engine gives it, in the form in which it was sent.</summary>
    public static SentBatch Read(ReadOnlyMemory<byte> bytes)
    {
        if (!RecordBatchReader.TryOpen(bytes, 1_000_000, out var reader, out var defect))
            throw new InvalidDataException($"A batch cannot be read: {defect}");
        var records = new List<Record>();
        while (reader.TryReadNext(out var record))
            records.Add(record);
        if (reader.Defect != BatchDefect.None)
            throw new InvalidDataException($"A batch cannot be read to its end: {reader.Defect}");
        var header = reader.Header;
        return new SentBatch(header.BaseOffset, header.Codec, header.TimestampType, InstanceProducer.IsAnonymous(header) ? default(BatchIdentity?) : header.Identity, records);
    }

    private void Add(SentBatch batch)
    {
        var producer = batch.Producer is { } known ? $"producer {known.Producer.Id} {known.Producer.Epoch} {known.BaseSequence}" : "no producer";
        Line($"batch {batch.BaseOffset} {batch.Codec} {batch.TimestampType} {producer}");
        foreach (var record in batch.Records)
        {
            var headers = string.Concat(record.Headers.Select(header => $" header {Show(Encoding.UTF8.GetBytes(header.Key))} {Show(header.Value)}"));
            Line($"  {record.Offset} {record.Timestamp} {Show(record.Key)} {Show(record.Value)}{headers}");
        }
    }

    private static string Show(ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } some)
            return "null";
        if (some.Length > LongestShown)
            return $"{some.Length} bytes {Convert.ToHexStringLower(SHA256.HashData(some.Span))[..16]}";
        return some.Span.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? $"0x{Convert.ToHexStringLower(some.Span)}" : JsonSerializer.Serialize(Encoding.ASCII.GetString(some.Span));
    }

    private void Line(FormattableString line) => _text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}

using System.Text;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Fixtures;

/// <summary>What is read of a compacted partition was sent so, and only what a later record of its key supersedes, or a tombstone, is missing.</summary>
internal static class CompactedCheck
{
    public static async Task<List<Record>> ReadAsync(LogEngine engine, Topic topic)
    {
        var start = (await engine.OffsetsAsync(topic, 0, default)).Value.LogStart;
        var batches = await LogTextReader.FetchAsync(engine, topic, 0);
        return [.. batches.Select(LogText.Read).SelectMany(batch => batch.Records).Where(record => record.Offset >= start)];
    }

    /// <exception cref="InvalidDataException">It is not so.</exception>
    public static void Run(IReadOnlyList<SentBatch> sent, IReadOnlyList<Record> read, long logStart)
    {
        var all = sent.SelectMany(batch => batch.Records).Where(record => record.Offset >= logStart).ToDictionary(record => record.Offset);
        foreach (var record in read)
        {
            if (!all.TryGetValue(record.Offset, out var original) || Text(original) != Text(record))
                throw new InvalidDataException($"Offset {record.Offset} holds another record than was sent.");
        }

        if (!read.Select(record => record.Offset).SequenceEqual(read.Select(record => record.Offset).Distinct().Order()))
            throw new InvalidDataException("Records stand out of their order, or twice.");
        var found = read.Select(record => record.Offset).ToHashSet();
        foreach (var last in all.Values.GroupBy(KeyOf).Select(key => key.MaxBy(record => record.Offset)))
        {
            if (last.Value is not null && !found.Contains(last.Offset))
                throw new InvalidDataException($"The last record of {KeyOf(last)} is missing at offset {last.Offset}.");
        }
    }

    public static string KeyOf(Record record) => Encoding.UTF8.GetString(record.Key!.Value.Span);

    private static string Text(Record record) =>
        $"{record.Timestamp} {Show(record.Key)} {Show(record.Value)} {string.Join(',', record.Headers.Select(header => $"{header.Key}={Show(header.Value)}"))}";

    private static string Show(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? Convert.ToHexString(some.Span) : "null";
}

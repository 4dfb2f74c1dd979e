using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;

namespace ManagedLog.Fixtures;

/// <summary>Reads everything that an engine gives.</summary>
internal static class LogTextReader
{
    public static async Task<string> ReadAsync(LogEngine engine)
    {
        var text = new LogText();
        foreach (var topic in (await engine.ListTopicsAsync(default)).Value)
        {
            text.AddTopic(topic);
            for (var partition = 0; partition < topic.Partitions; partition++)
            {
                var ends = (await engine.OffsetsAsync(topic, partition, default)).Value;
                var batches = (await FetchAsync(engine, topic, partition)).ConvertAll(LogText.Read);
                text.AddPartition(partition, ends.LogStart, ends.LogEnd, batches);
                foreach (var time in LogText.TimesOf(batches))
                    text.AddTime(time, (await engine.OffsetForTimestampAsync(topic, partition, time, default)).Value);
            }
        }

        return text.ToString();
    }

    /// <summary>All batches from the log start on; the first may begin before it.</summary>
    public static async Task<List<ReadOnlyMemory<byte>>> FetchAsync(LogEngine engine, Topic topic, int partition)
    {
        var batches = new List<ReadOnlyMemory<byte>>();
        for (var from = FetchFrom.Earliest; ;)
        {
            var fetched = (await engine.FetchAsync(topic, partition, new FetchRequest(from, 10_000, TimeSpan.Zero), default)).Value;
            if (fetched.Batches.Count == 0)
                return batches;
            batches.AddRange(fetched.Batches);
            from = FetchFrom.At(fetched.NextOffset);
        }
    }
}

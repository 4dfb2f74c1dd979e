using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Engine.Insight;

/// <summary>
/// Reports that are to be appended to <c>__metrics</c> as one batch, numbered by the instance's own producer: sent again after an answer that was lost, it is recognised
/// and counts once.
/// </summary>
internal sealed class PendingReports
{
    /// <summary>Before compression; well below what the topic takes.</summary>
    public const int MaxBatchBytes = 512 * 1024;

    private readonly List<(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, long Timestamp)> _records = [];
    private long _bytes;

    public int Count => _records.Count;

    /// <summary>An append of it was not answered: it may stand.</summary>
    public bool MayStand { get; set; }

    /// <summary>As few as hold all: one, unless there are thousands of reports.</summary>
    public static IEnumerable<PendingReports> Of(IEnumerable<(string Topic, ActivityReport Report)> reports)
    {
        var batch = new PendingReports();
        foreach (var (topic, report) in reports)
        {
            ReadOnlyMemory<byte> key = System.Text.Encoding.UTF8.GetBytes(topic);
            ReadOnlyMemory<byte> value = report.Encode();
            var size = RecordBatchBuilder.SizeOf(key, value, []);
            if (batch.Count > 0 && batch._bytes + size > MaxBatchBytes)
            {
                yield return batch;
                batch = new PendingReports();
            }

            batch._records.Add((key, value, report.To));
            batch._bytes += size;
        }

        if (batch.Count > 0)
            yield return batch;
    }

    /// <summary>The same bytes each time, in memory that the log may keep.</summary>
    public Memory<byte> Build(ProducerIdentity producer, int sequence)
    {
        var builder = new RecordBatchBuilder(CompressionCodec.Gzip);
        foreach (var (key, value, timestamp) in _records)
            builder.Add(timestamp, key, value, []);
        var batch = builder.Build();
        RecordBatchPatch.SetIdentity(batch.Span, new BatchIdentity(producer, sequence));
        RecordBatchPatch.SealCrc(batch.Span);
        return batch;
    }
}

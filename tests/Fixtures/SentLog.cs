using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Fixtures;

/// <summary>Sends batches to an engine and remembers what was answered.</summary>
internal sealed class SentLog(LogEngine engine, TimeProvider time)
{
    private readonly Dictionary<TopicPartition, List<SentBatch>> _sent = [];
    private readonly Dictionary<TopicPartition, long> _logStarts = [];

    public LogEngine Engine => engine;

    /// <summary>In ms since 1970.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task<Topic> CreateAsync(string name, int partitions, params (string Name, string Value)[] configs)
    {
        var settings = new Dictionary<string, string?> { ["linger.ms"] = "0" };
        foreach (var (key, value) in configs)
            settings[key] = value;
        return (await engine.CreateTopicAsync(new NewTopic(name, partitions, null, settings, false), default)).Value;
    }

    /// <summary>Sends one batch. Answers its base offset.</summary>
    public Task<long> SendAsync(Topic topic, int partition, IReadOnlyList<Record> records, CompressionCodec codec = CompressionCodec.None, BatchIdentity? producer = null)
    {
        var builder = new RecordBatchBuilder(codec);
        foreach (var record in records)
            builder.Add(record.Timestamp, record.Key, record.Value, record.Headers);
        return SendAsync(topic, partition, builder.Build(), producer, records);
    }

    /// <summary>The same, of a batch that was built already.</summary>
    public async Task<long> SendAsync(Topic topic, int partition, Memory<byte> batch, BatchIdentity? producer, IReadOnlyList<Record> records)
    {
        if (producer is { } identity)
        {
            RecordBatchPatch.SetIdentity(batch.Span, identity);
            RecordBatchPatch.SealCrc(batch.Span);
        }

        RecordBatchHeader.TryRead(batch.Span, out var header);
        var answer = (await engine.AppendAsync(topic, partition, new AppendRequest([batch]), default)).Value.Batches[0];
        var type = answer.AppendTime < 0 ? TimestampType.CreateTime : TimestampType.LogAppendTime;
        Of(topic, partition).Add(new SentBatch(
            answer.BaseOffset,
            header.Codec,
            type,
            producer,
            [.. records.Select((record, i) => record with { Offset = answer.BaseOffset + i, Timestamp = answer.AppendTime < 0 ? record.Timestamp : answer.AppendTime })]));
        return answer.BaseOffset;
    }

    public async Task DeleteRecordsAsync(Topic topic, int partition, long before) =>
        _logStarts[topic.At(partition)] = (await engine.DeleteRecordsAsync(topic, partition, before, default)).Value;

    /// <summary>The housekeeping has moved the log start: the one thing that nothing told this log.</summary>
    public async Task LearnLogStartAsync(Topic topic, int partition) => _logStarts[topic.At(partition)] = (await engine.OffsetsAsync(topic, partition, default)).Value.LogStart;

    /// <summary>In the order in which it stands.</summary>
    public IReadOnlyList<SentBatch> SentTo(Topic topic, int partition) => Of(topic, partition);

    /// <summary>What is to be read: <see cref="LogText"/> of what was sent and answered.</summary>
    public async Task<string> ExpectAsync()
    {
        var text = new LogText();
        foreach (var topic in (await engine.ListTopicsAsync(default)).Value)
        {
            text.AddTopic(topic);
            for (var partition = 0; partition < topic.Partitions; partition++)
            {
                var start = _logStarts.GetValueOrDefault(topic.At(partition));
                var sent = Of(topic, partition);
                var end = sent.Count == 0 ? 0 : sent[^1].Records[^1].Offset + 1;
                var left = sent.Where(batch => batch.Records[^1].Offset >= start).ToList();
                text.AddPartition(partition, start, end, left);
                foreach (var at in LogText.TimesOf(left))
                {
                    var found = left.SelectMany(batch => batch.Records).Where(record => record.Offset >= start && record.Timestamp >= at).Select(record => (Record?)record).FirstOrDefault();
                    text.AddTime(at, found is { } record ? new OffsetAtTime(record.Offset, record.Timestamp) : new OffsetAtTime(end, null));
                }
            }
        }

        return text.ToString();
    }

    private List<SentBatch> Of(Topic topic, int partition)
    {
        if (!_sent.TryGetValue(topic.At(partition), out var sent))
            _sent.Add(topic.At(partition), sent = []);
        return sent;
    }
}

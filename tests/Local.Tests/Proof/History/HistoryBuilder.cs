using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.History.Judging;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Local.Tests.Proof.History;

/// <summary>Writes a small history by hand: each step comes after the one before, unless it says otherwise. One topic with one partition.</summary>
internal sealed class HistoryBuilder
{
    public const string Topic = "t";

    private readonly List<HistoryEvent> _events;
    private long _now;
    private int _number;

    public HistoryBuilder(bool mayShrink = false, long? deleteRetentionMs = null) =>
        _events = [new TopicDeclared(0, Topic, 1, mayShrink) { DeleteRetentionMs = deleteRetentionMs }];

    public IReadOnlyList<HistoryEvent> Events => _events;

    public IReadOnlyList<Anomaly> Judge() => HistoryJudge.Judge(_events);

    /// <summary>A request that is not answered yet.</summary>
    /// <returns>The operation.</returns>
    public int Begin(ProducerKind kind, int send, params IReadOnlyList<string> values)
    {
        var op = ++_number;
        _events.Add(new AppendInvoked(++_now, op, $"{kind}", kind, 0, Topic, 0, values) { Send = send, Stream = kind == ProducerKind.Streamed ? 1 : null });
        return op;
    }

    public HistoryBuilder End(int op, ProduceOutcome outcome, params IReadOnlyList<long> offsets)
    {
        _events.Add(new AppendCompleted(++_now, op, outcome, offsets, 0, null));
        return this;
    }

    public HistoryBuilder EndRefused(int op, int status)
    {
        _events.Add(new AppendCompleted(++_now, op, ProduceOutcome.Refused, [], status, null));
        return this;
    }

    /// <summary>One record is acknowledged.</summary>
    public HistoryBuilder Acknowledged(string value, long offset) => End(Begin(ProducerKind.Plain, _number + 1, value), ProduceOutcome.Acknowledged, offset);

    /// <summary>One record with a key that others have too is acknowledged.</summary>
    public HistoryBuilder Keyed(string key, string value, long offset) => End(BeginKeyed((key, value)), ProduceOutcome.Acknowledged, offset);

    /// <summary>Nobody knows what became of it.</summary>
    public HistoryBuilder UnknownKeyed(params IReadOnlyList<(string Key, string Value)> records) => End(BeginKeyed(records), ProduceOutcome.Unknown);

    public int BeginKeyed(params IReadOnlyList<(string Key, string Value)> records)
    {
        var op = Begin(ProducerKind.Plain, _number + 1, [.. records.Select(static record => record.Value)]);
        _events[^1] = (AppendInvoked)_events[^1] with { Keys = [.. records.Select(static record => record.Key)] };
        return op;
    }

    public HistoryBuilder Compacted(long records)
    {
        _events.Add(new CompactionRan(++_now, 0, records, 1));
        return this;
    }

    /// <summary>So much time goes by.</summary>
    public HistoryBuilder Wait(TimeSpan time)
    {
        _now += (long)time.TotalMicroseconds;
        return this;
    }

    /// <summary>The whole partition, to its end, of which compaction has left these.</summary>
    public HistoryBuilder PassOver(long end, params IReadOnlyList<ReadRecord> records) => PassOver(end, records, instance: 0);

    public HistoryBuilder PassOver(long end, IReadOnlyList<ReadRecord> records, int instance)
    {
        var pass = $"pass {_number}";
        if (records.Count > 0)
            Read(0, end, pass, records, instance: instance);
        var next = records.Count > 0 ? records[^1].Offset + 1 : 0;
        return Read(next, end, pass, [], instance: instance);
    }

    /// <summary>Of these records, sent in one request, nobody knows what became.</summary>
    public HistoryBuilder Unknown(params IReadOnlyList<string> values) => End(Begin(ProducerKind.Plain, _number + 1, values), ProduceOutcome.Unknown);

    public HistoryBuilder Failed(string value) => End(Begin(ProducerKind.Plain, _number + 1, value), ProduceOutcome.Refused);

    /// <summary>A fetch at instance 0; its records follow one another.</summary>
    public HistoryBuilder Read(long from, long highWatermark, params IReadOnlyList<string> values) => Read(from, highWatermark, null, Follow(from, values));

    public HistoryBuilder Read(
        long from, long highWatermark, string? pass, IReadOnlyList<ReadRecord> records, long logStart = 0, long? next = null, int instance = 0)
    {
        _events.Add(new ReadInvoked(++_now, ++_number, "reader", instance, Topic, 0, from) { Pass = pass });
        _events.Add(new ReadCompleted(++_now, _number, 200, logStart, highWatermark, records) { Next = next });
        return this;
    }

    public HistoryBuilder ReadFromTime(long time, long highWatermark, params IReadOnlyList<ReadRecord> records)
    {
        _events.Add(new ReadInvoked(++_now, ++_number, "reader", 0, Topic, 0, null) { FromTime = time });
        _events.Add(new ReadCompleted(++_now, _number, 200, 0, highWatermark, records));
        return this;
    }

    public HistoryBuilder Refused(long from, long logStart)
    {
        _events.Add(new ReadInvoked(++_now, ++_number, "reader", 0, Topic, 0, from));
        _events.Add(new ReadCompleted(++_now, _number, 416, logStart, null, []));
        return this;
    }

    /// <summary>The whole partition, to its end.</summary>
    public HistoryBuilder Pass(params IReadOnlyList<string> values) => Pass(0, values);

    public HistoryBuilder Pass(long logStart, params IReadOnlyList<string> values)
    {
        var end = logStart + values.Count;
        var pass = $"pass {_number}";
        return values.Count == 0
            ? Read(logStart, end, pass, [], logStart)
            : Read(logStart, end, pass, Follow(logStart, values), logStart).Read(end, end, pass, [], logStart);
    }

    public HistoryBuilder Fault()
    {
        _events.Add(new FaultBegan(++_now, ++_number, FaultKind.Kill, 0));
        _events.Add(new FaultEnded(++_now, _number));
        return this;
    }

    public HistoryBuilder Broken(string line)
    {
        _events.Add(new InstanceBroken(++_now, 0, line));
        return this;
    }

    /// <summary>Each has its offset as its timestamp.</summary>
    public static IReadOnlyList<ReadRecord> Follow(long from, IReadOnlyList<string> values) =>
        [.. values.Select((value, index) => new ReadRecord(from + index, value, from + index))];
}

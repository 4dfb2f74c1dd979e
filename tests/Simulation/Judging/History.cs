using ManagedLog.Protocol.Identity;

namespace ManagedLog.Simulation.Judging;

/// <summary>All that clients did and saw in one run.</summary>
internal sealed class History
{
    private readonly Dictionary<LogKey, List<Attempt>> _attempts = [];
    private readonly Dictionary<TopicPartition, SortedDictionary<long, ContentKey>> _seen = [];
    private readonly Dictionary<LogKey, long> _acknowledgedEnd = [];
    private long _numbers;

    public IEnumerable<LogKey> Logs => _attempts.Keys;

    public long Acknowledged => _attempts.Values.Sum(list => list.LongCount(a => a.Status == AttemptStatus.Acknowledged));

    public long Failed => _attempts.Values.Sum(list => list.LongCount(a => a.Status == AttemptStatus.Failed));

    public long Unknown => _attempts.Values.Sum(list => list.LongCount(a => a.Status is AttemptStatus.Unknown or AttemptStatus.Pending));

    public long Seen => _seen.Values.Sum(seen => (long)seen.Count);

    public Attempt Begin(LogKey log, ContentKey content, int records, long now)
    {
        var attempt = new Attempt(++_numbers, log, content, records, now);
        if (!_attempts.TryGetValue(log, out var list))
            _attempts.Add(log, list = []);
        list.Add(attempt);
        return attempt;
    }

    public void Acknowledge(Attempt attempt, long offset, long now)
    {
        attempt.Acknowledge(offset, now);
        _acknowledgedEnd[attempt.Log] = Math.Max(AcknowledgedEnd(attempt.Log), offset + attempt.Records);
    }

    /// <summary>The offset after the last record that was acknowledged by now: no log end that is asked for from now on may be below it.</summary>
    public long AcknowledgedEnd(LogKey log) => _acknowledgedEnd.GetValueOrDefault(log);

    public IReadOnlyList<Attempt> AttemptsOf(LogKey log) => _attempts.TryGetValue(log, out var list) ? list : [];

    /// <summary>Base offset and content of each batch that any reader was ever given, by offset.</summary>
    public IEnumerable<KeyValuePair<long, ContentKey>> SeenOf(TopicPartition partition) => _seen.TryGetValue(partition, out var seen) ? seen : [];

    /// <summary>A reader was given a batch. Null, or the violation when another batch was seen at this offset before (I3).</summary>
    public Violation? See(TopicPartition partition, long baseOffset, ContentKey content)
    {
        if (!_seen.TryGetValue(partition, out var seen))
            _seen.Add(partition, seen = []);
        if (seen.TryAdd(baseOffset, content) || seen[baseOffset] == content)
            return null;
        return new Violation("I3", $"{partition} offset {baseOffset} was read as {seen[baseOffset]} and as {content}");
    }
}

using ManagedLog.Protocol.Identity;

namespace ManagedLog.Simulation.Judging;

/// <summary>All that clients did and saw in one run.</summary>
internal sealed class History
{
    private readonly Dictionary<TopicPartition, List<Attempt>> _attempts = [];
    private readonly Dictionary<TopicPartition, SortedDictionary<long, ContentKey>> _seen = [];
    private readonly Dictionary<TopicPartition, long> _acknowledgedEnd = [];
    private readonly Dictionary<TopicId, long> _deletedAt = [];
    private long _numbers;

    public IEnumerable<TopicPartition> Partitions => _attempts.Keys.Union(_seen.Keys);

    public long Acknowledged => _attempts.Values.Sum(list => list.LongCount(a => a.Status == AttemptStatus.Acknowledged));

    public long Failed => _attempts.Values.Sum(list => list.LongCount(a => a.Status == AttemptStatus.Failed));

    public long Unknown => _attempts.Values.Sum(list => list.LongCount(a => a.Status is AttemptStatus.Unknown or AttemptStatus.Pending));

    public long Seen => _seen.Values.Sum(seen => (long)seen.Count);

    public Attempt Begin(TopicPartition partition, ContentKey content, int records, long now)
    {
        var attempt = new Attempt(++_numbers, partition, content, records, now);
        if (!_attempts.TryGetValue(partition, out var list))
            _attempts.Add(partition, list = []);
        list.Add(attempt);
        return attempt;
    }

    public void Acknowledge(Attempt attempt, long offset, long now)
    {
        attempt.Acknowledge(offset, now);
        _acknowledgedEnd[attempt.Partition] = Math.Max(AcknowledgedEnd(attempt.Partition), offset + attempt.Records);
    }

    /// <summary>The offset after the last record that was acknowledged by now: no log end that is asked for from now on may be below it.</summary>
    public long AcknowledgedEnd(TopicPartition partition) => _acknowledgedEnd.GetValueOrDefault(partition);

    public IReadOnlyList<Attempt> AttemptsOf(TopicPartition partition) => _attempts.TryGetValue(partition, out var list) ? list : [];

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

    public void Delete(TopicId topic, long now) => _deletedAt.TryAdd(topic, now);

    /// <summary>When a deletion of the topic was first answered as done; null if never.</summary>
    public long? DeletedAt(TopicId topic) => _deletedAt.TryGetValue(topic, out var at) ? at : null;
}

namespace ManagedLog.Proof.History.Judging;

/// <summary>
/// What compaction may have taken away of one partition, and since when: a record once a later one of its key may stand, and a tombstone once it is as old as
/// tombstones are kept. What was never acknowledged nor seen may stand anywhere.
/// </summary>
internal sealed class CompactionRights
{
    /// <summary>The storage service tells the time in whole seconds, and an instance takes it from there.</summary>
    private const long ClockSlack = 2_000_000;

    private readonly PartitionHistory _history;
    private readonly Dictionary<long, long> _since = [];
    private readonly Dictionary<FinalPass, Dictionary<string, long>> _last = new(ReferenceEqualityComparer.Instance);
    private readonly long _unplacedSince;
    private readonly long _deleteRetention;

    public CompactionRights(PartitionHistory history)
    {
        _history = history;
        _deleteRetention = (long)history.DeleteRetention!.Value.TotalMicroseconds;
        _unplacedSince = long.MaxValue;
        var possible = history.Sent.Values.Where(static sent => !sent.IsFailed).Select(sent => (Sent: sent, Offset: history.OffsetOf(sent.Label)));
        foreach (var key in possible.GroupBy(static record => record.Sent.Key))
        {
            var records = key.OrderByDescending(static record => record.Offset ?? long.MaxValue).ToList();
            // From the end on: the earliest time at which one that stands behind, or may, was sent.
            var behind = long.MaxValue;
            foreach (var (sent, offset) in records.Where(static record => record.Offset is null))
            {
                var superseded = records.Where(other => other.Sent != sent).Select(static other => other.Sent.FirstInvokedAt).DefaultIfEmpty(long.MaxValue).Min();
                var since = Math.Min(superseded == long.MaxValue ? long.MaxValue : Math.Max(superseded, sent.FirstInvokedAt), ExpiresAt(sent));
                _unplacedSince = Math.Min(_unplacedSince, since);
                behind = Math.Min(behind, sent.FirstInvokedAt);
            }

            foreach (var (sent, offset) in records.Where(static record => record.Offset is not null))
            {
                var since = Math.Min(behind, ExpiresAt(sent));
                _since[offset!.Value] = _since.TryGetValue(offset.Value, out var known) ? Math.Min(known, since) : since;
                behind = Math.Min(behind, sent.FirstInvokedAt);
            }
        }
    }

    /// <summary>Whether nothing has to stand from an offset on, up to another, in an answer of that time.</summary>
    public bool MayBeGone(long offset, long end, long at)
    {
        for (; offset < end; offset++)
        {
            if (_since.GetValueOrDefault(offset, _unplacedSince) >= at)
                return false;
        }

        return true;
    }

    /// <summary>Whether a pass at the end may be without a record: it found a later one of the key, or a tombstone may have stood there and gone.</summary>
    public bool MayMiss(FinalPass pass, SentRecord missing, long offset) =>
        Last(pass, missing.Key) > offset
        || _history.Sent.Values.Any(sent => sent.Key == missing.Key && sent is { IsTombstone: true, IsFailed: false }
            && (_history.OffsetOf(sent.Label) ?? long.MaxValue) >= offset && ExpiresAt(sent) < pass.EndedAt);

    /// <summary>The last record of a key that a pass found; null: none.</summary>
    public long? Last(FinalPass pass, string? key)
    {
        if (!_last.TryGetValue(pass, out var byKey))
        {
            byKey = pass.Records
                .Where(record => _history.Sent.GetValueOrDefault(record.Value)?.Key is not null)
                .GroupBy(record => _history.Sent[record.Value].Key!)
                .ToDictionary(static records => records.Key, static records => records.Max(static record => record.Key));
            _last[pass] = byKey;
        }

        return key is not null && byKey.TryGetValue(key, out var offset) ? offset : null;
    }

    /// <summary>A pass was so quick that no tombstone can have gone since it read what that had ended.</summary>
    public bool IsQuick(FinalPass pass) => pass.EndedAt - pass.BeganAt + ClockSlack < _deleteRetention;

    private long ExpiresAt(SentRecord sent) => sent.IsTombstone ? sent.FirstInvokedAt + _deleteRetention - ClockSlack : long.MaxValue;
}
